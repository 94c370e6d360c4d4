"""7z archives. py7zr reads the directory and makes the decompressors; the bytes are pulled from those, never pushed.

Its own ways out (`extract` to a folder or to a factory) stop a whole archive at one bad member or one hostile name.
"""

import lzma
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

import brotli
import py7zr
from py7zr.compressor import algorithm_class_map
from py7zr.exceptions import ArchiveError, PasswordRequired, UnsupportedCompressionMethodError
from py7zr.properties import FILTER_PPMD

from dropzone_assets.archives import codecs, refusals
from dropzone_assets.archives.kind import CHUNK, Entry, Packed
from dropzone_assets.errors import Refused

SIP = 4096
"""Packed bytes a decompressor is given at a time: not all of them bound what they make of it."""

algorithm_class_map[FILTER_PPMD] = (algorithm_class_map[FILTER_PPMD][0], None)
"""PPMd is not unpacked: damaged bytes crash the whole process in pyppmd 1.3.1, in the directory as in a member."""

BROKEN = (
    brotli.error,
    codecs.zstd_library().ZstdError,
    ArchiveError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
"""What py7zr and its decompressors raise over bytes that are wrong."""


class Seven:
    """`.7z`. Members packed together are unpacked in their order; one that is not read is unpacked and dropped."""

    def __init__(self, packed: Packed) -> None:
        self._packed = packed

    def entries(self) -> Iterator[Entry]:
        """Every entry of the directory."""
        with _reading(self._packed.name, bool(self._packed.password)):
            archive = py7zr.SevenZipFile(self._packed.file, "r", password=self._packed.password or None)
        blocks = _blocks(archive, self._packed)
        for file in getattr(archive, "files", ()):
            folder = file.is_directory or file.st_fmt == stat.S_IFDIR
            block = blocks.get(id(file.folder))
            chunks = partial(self._chunks, block, file, block.location(file.uncompressed) if block else 0)
            yield Entry(file.filename, _problem(file), chunks, folder)

    def _chunks(self, block: "Block | None", file: Any, start: int) -> Iterator[bytes]:
        if block is None:
            return
        what, crc = f"{self._packed.name}: {file.filename}", 0
        for chunk in block.read(start, file.uncompressed, what):
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if file.crc32 is not None and crc != file.crc32:
            raise refusals.damaged(what, "its CRC is not that of its bytes", encrypted=block.encrypted)


class Block:
    """Members packed together as one run of bytes, which can only be unpacked from its beginning."""

    def __init__(self, packed: Packed, folder: Any, offset: int, size: int) -> None:
        self.encrypted = bool(packed.password)
        self._packed = packed
        self._folder = folder
        self._file = Sips(packed.file, offset)
        self._size = size
        self._placed = 0
        self._taken = 0
        self._started = False
        self._broken = False

    def location(self, size: int) -> int:
        """Where the next member begins among the plain bytes."""
        self._placed += size
        return self._placed - size

    def read(self, start: int, size: int, what: str) -> Iterator[bytes]:
        """The plain bytes of one member.

        Raises:
            Refused: they, or those before them, cannot be unpacked.
        """
        if self._broken:
            raise refusals.damaged(what, "what is packed before it cannot be unpacked", encrypted=self.encrypted)
        try:
            for _ in self._packed.meter.watch(self._until(start, what)):
                pass
            yield from self._packed.meter.watch(self._until(start + size, what))
        except Refused:
            self._broken = self._started
            raise

    def _until(self, end: int, what: str) -> Iterator[bytes]:
        while self._taken < end:
            with _reading(what, self.encrypted):
                before = self._file.location
                decompressor = self._folder.get_decompressor(self._size)
                self._started = True
                chunk = bytes(decompressor.decompress(self._file, min(end - self._taken, CHUNK)))
            if not chunk and self._file.location == before:
                raise refusals.cut(what, "its packed bytes end too early")
            self._taken += len(chunk)
            yield chunk


class Sips:
    """A file from a place on, a little at a time; the place is found anew before each."""

    def __init__(self, file: BinaryIO, location: int) -> None:
        self._file = file
        self.location = location

    def read(self, size: int) -> bytes:
        """At most a sip."""
        self._file.seek(self.location)
        data = self._file.read(min(size, SIP))
        self.location += len(data)
        return data


def _blocks(archive: Any, packed: Packed) -> dict[int, Block]:
    """Every block of the archive, by the identity of py7zr's object for it."""
    with _reading(packed.name, bool(packed.password)):
        streams = getattr(getattr(archive, "header", None), "main_streams", None)
        if streams is None:
            return {}
        positions, blocks, stream = streams.packinfo.packpositions, {}, 0
        for folder in streams.unpackinfo.folders:
            size = positions[stream + 1] - positions[stream]
            blocks[id(folder)] = Block(packed, folder, archive.afterheader + positions[stream], size)
            stream += max(coder.get("numinstreams", 1) for coder in folder.coders)
        return blocks


def _problem(file: Any) -> str:
    if file.is_symlink or file.is_junction:
        return "is a link"
    return "is a device or a special file" if file.is_socket else ""


@contextmanager
def _reading(what: str, encrypted: bool) -> Iterator[None]:
    try:
        yield
    except PasswordRequired as error:
        raise refusals.locked(what) from error
    except UnsupportedCompressionMethodError as error:
        raise refusals.unsupported(what, "a method of 7z that is not known here") from error
    except BROKEN as error:
        if "exceeds the archive size" in str(error) or "truncated" in str(error):
            raise refusals.cut(what, str(error)) from error
        raise refusals.damaged(what, str(error) or type(error).__name__, encrypted=encrypted) from error
