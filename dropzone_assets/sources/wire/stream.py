"""Bytes that come piece by piece over a network, as a stream to read from."""

import io
from collections.abc import Generator
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 256 * 1024


def stream(pieces: Generator[bytes, None, None]) -> BinaryIO:
    """Pieces as a stream that is read forward, once. What they raise comes out of reading; closing it closes them."""
    return cast(BinaryIO, io.BufferedReader(_Pieces(pieces), BUFFER))


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Generator[bytes, None, None]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._left))
        target[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def close(self) -> None:
        self._pieces.close()
        super().close()
