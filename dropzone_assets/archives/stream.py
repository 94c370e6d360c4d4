"""Chunks as a file one can read."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from dropzone_assets.archives.bounds import Meter
from dropzone_assets.errors import Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Chunks(io.RawIOBase):
    """Reads chunks as they come; once refused it is refused for good, so a cut member never looks like a whole one."""

    def __init__(self, chunks: Iterator[bytes], meter: Meter | None = None) -> None:
        self._chunks = chunks
        self._meter = meter
        self._left = memoryview(b"")
        self._refused: Refused | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer as far as one chunk goes; 0 at the end."""
        if self._refused:
            raise self._refused
        try:
            while not self._left:
                self._left = memoryview(self._next())
        except StopIteration:
            return 0
        except Refused as error:
            self._refused = error
            raise
        view = memoryview(buffer).cast("B")
        size = min(len(view), len(self._left))
        view[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _next(self) -> bytes:
        if self._meter is None:
            return next(self._chunks)
        with self._meter.running():
            return next(self._chunks)


def as_file(chunks: Iterator[bytes], meter: Meter | None = None) -> BinaryIO:
    """The chunks as a file; with a meter, its clock runs while they are made."""
    return io.BufferedReader(Chunks(chunks, meter))
