"""Compressed bytes become plain ones, a bounded chunk at a time, however much they expand."""

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Protocol

from dropzone_assets.archives import refusals
from dropzone_assets.archives.kind import CHUNK

MEMORY = 1024**3
"""Bytes an xz or lzma stream may ask for as its dictionary."""

SIP = 256
"""Bytes of deflate64 unpacked at once: 18 bits can mean 65,538 bytes."""

Codec = Callable[[], "Decompressor"]
"""Makes the decompressor of one frame."""


class Decompressor(Protocol):
    """What bz2, lzma and zstd have in common: one frame, with bounded output."""

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more can be had without more input."""

    @property
    def unused_data(self) -> bytes:
        """What followed the frame."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` plain bytes."""


class Inflate:
    """zlib with the manners of the others."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """What followed the frame."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` plain bytes."""
        plain = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(plain) < max_length
        return plain


class Inflate64:
    """Deflate64, whose library does not bound its output: it is fed little sips, each of some megabytes at most."""

    needs_input = True
    unused_data = b""

    def __init__(self) -> None:
        from inflate64 import Inflater

        self._inner = Inflater()
        self._left = b""

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return bool(self._inner.eof)

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """The plain bytes of one sip."""
        data = self._left + data
        plain: bytes = self._inner.inflate(data[:SIP])
        self._left = data[SIP:]
        self.needs_input = not self._left
        return plain


def zstd_library() -> ModuleType:
    """Python's own zstd, or what brings it to older Pythons."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


class Unzstd:
    """zstd with an error the others know."""

    def __init__(self) -> None:
        library = zstd_library()
        self._error: type[Exception] = library.ZstdError
        self._inner: Decompressor = library.ZstdDecompressor()

    @property
    def eof(self) -> bool:
        """Whether the frame has ended."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether nothing more can be had without more input."""
        return self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        """What followed the frame."""
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """At most `max_length` plain bytes."""
        try:
            return self._inner.decompress(data, max_length)
        except self._error as error:
            raise ValueError(str(error)) from error


def gzip() -> Decompressor:
    """One gzip member, its CRC checked."""
    return Inflate(31)


def deflate() -> Decompressor:
    """One raw deflate stream."""
    return Inflate(-15)


def deflate64() -> Decompressor:
    """One raw deflate64 stream, as Windows makes of large files."""
    return Inflate64()


def bzip2() -> Decompressor:
    """One bzip2 stream."""
    return bz2.BZ2Decompressor()


def xz() -> Decompressor:
    """One xz stream."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)


def lzma_alone() -> Decompressor:
    """One stream of the older .lzma format."""
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY)


def zstd() -> Decompressor:
    """One zstd frame; windows of more than 128 MiB are refused by the library."""
    return Unzstd()


def unpack(packed: Iterable[bytes], codec: Codec, what: str, *, encrypted: bool = False) -> Iterator[bytes]:
    """The plain bytes of all frames, one after the other; zeros may fill up what follows the last one.

    Args:
        packed: the compressed bytes.
        codec: makes a decompressor for each frame.
        what: the file or member, for messages.
        encrypted: whether a wrong password may be what is wrong with it.

    Raises:
        Refused: the bytes are damaged, end early, or are followed by something else.
    """
    frame: Decompressor | None = None
    started = False
    for data in packed:
        while data or frame:
            if frame is None:
                data = data.lstrip(b"\0") if started else data
                if not data:
                    break
                frame, started = codec(), True
            yield _step(frame, data, what, encrypted)
            data = b""
            if frame.eof:
                data, frame = frame.unused_data, None
            elif frame.needs_input:
                break
    if frame is not None or not started:
        raise refusals.cut(what, "its compressed bytes end too early" if started else "it is empty")


def _step(frame: Decompressor, data: bytes, what: str, encrypted: bool) -> bytes:
    """One chunk. No file is read here: an OSError is how bz2 says that its bytes are wrong."""
    try:
        return frame.decompress(data, CHUNK)
    except (OSError, ValueError, EOFError, MemoryError, lzma.LZMAError, zlib.error) as error:
        raise refusals.damaged(what, str(error), encrypted=encrypted) from error
