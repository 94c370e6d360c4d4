"""The bytes of one object as a stream that holds few of them, and goes on where a broken connection left it."""

import io
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, PreconditionError

from dropzone_assets.store.clients import Client

if TYPE_CHECKING:
    from obstore import GetResult

CHUNK = 1 << 20
RESUMES = 3
"""How often in a row a connection may break without bringing a byte."""


class Body(io.RawIOBase):
    """One version of an object, from its first byte to its last.

    Args:
        answering: turns what the store says instead of bytes into our error.

    Raises:
        FileNotFoundError: there is no such object.
    """

    def __init__(self, client: Client, path: str, answering: Callable[[], AbstractContextManager[None]]) -> None:
        self._answering = answering
        self._rest = memoryview(b"")
        with answering():
            self._chunks = _chunks(client, path, obstore.get(client, path))

    def readable(self) -> bool:
        """It can only be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Bytes into `buffer`; how many, 0 at the end."""
        if not self._rest:
            with self._answering():
                self._rest = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Let go of the connection."""
        self._chunks.close()
        self._rest = memoryview(b"")
        super().close()


def _chunks(client: Client, path: str, answer: "GetResult") -> Generator[bytes]:
    tag, size, at, broken = answer.meta["e_tag"], answer.meta["size"], 0, 0
    while at < size:
        try:
            for chunk in answer.stream(min_chunk_size=CHUNK):
                yield chunk
                at, broken = at + len(chunk), 0
            return
        except PreconditionError:
            raise
        except BaseError:
            broken += 1
            if not tag or broken > RESUMES:
                raise
            time.sleep(0.2 * 2**broken)
        if at < size:
            answer = obstore.get(client, path, options={"range": {"offset": at}, "if_match": tag})
