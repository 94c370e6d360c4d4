"""Zip archives: what the directory at their end lists, however it is compressed and encrypted."""

import stat
from collections.abc import Iterator
from functools import partial
from struct import Struct
from typing import BinaryIO
from zlib import crc32

from dropzone_assets.archives import refusals
from dropzone_assets.archives.kind import CHUNK, Entry, Packed
from dropzone_assets.archives.zip_directory import Listed, list_directory
from dropzone_assets.archives.zip_encryption import decrypt
from dropzone_assets.archives.zip_methods import unpack_method

LOCAL = Struct("<4s22xHH")
"""The header before a member's bytes: its mark, the lengths of its name and of its extra fields."""


class Zip:
    """`.zip`. The directory rules; of the headers before each member only the lengths are taken."""

    def __init__(self, packed: Packed) -> None:
        self._packed = packed

    def entries(self) -> Iterator[Entry]:
        """Every entry of the directory."""
        for listed in list_directory(self._packed.file, self._packed.size, self._packed.name):
            yield Entry(listed.name, _problem(listed), partial(self._chunks, listed), _is_folder(listed))

    def _chunks(self, listed: Listed) -> Iterator[bytes]:
        plain = _checked(self._unpacked(listed), listed, f"{self._packed.name}: {listed.name}")
        return self._packed.meter.watch(plain)

    def _unpacked(self, listed: Listed) -> Iterator[bytes]:
        what = f"{self._packed.name}: {listed.name}"
        if listed.encrypted and not self._packed.password:
            raise refusals.locked(what)
        written = _written(self._packed.file, listed, what)
        if listed.encrypted:
            written = decrypt(written, listed, self._packed.password, what)
        yield from unpack_method(written, listed, what)


def _written(file: BinaryIO, listed: Listed, what: str) -> Iterator[bytes]:
    """The bytes of one member as they are in the file; its place is found anew before each chunk."""
    file.seek(listed.offset)
    header = file.read(LOCAL.size)
    if len(header) < LOCAL.size:
        raise refusals.cut(what, "it should begin after the end of the file")
    mark, name, extra = LOCAL.unpack(header)
    if mark != b"PK\x03\x04":
        raise refusals.damaged(what, "the directory says it begins where it does not")
    location, left = listed.offset + LOCAL.size + name + extra, listed.packed
    while left:
        file.seek(location)
        chunk = file.read(min(left, CHUNK))
        if not chunk:
            raise refusals.cut(what, f"{left:,} of its bytes are missing")
        yield chunk
        location, left = location + len(chunk), left - len(chunk)


def _checked(chunks: Iterator[bytes], listed: Listed, what: str) -> Iterator[bytes]:
    """The same bytes, compared with the size and the CRC the directory gives."""
    size = crc = 0
    for chunk in chunks:
        size, crc = size + len(chunk), crc32(chunk, crc)
        if size > listed.size:
            raise refusals.damaged(what, f"it has more than its {listed.size:,} bytes", encrypted=listed.encrypted)
        yield chunk
    if size != listed.size:
        raise refusals.damaged(what, f"it has {size:,} of its {listed.size:,} bytes", encrypted=listed.encrypted)
    if crc != listed.crc and not listed.without_crc:
        raise refusals.damaged(what, "its CRC is not that of its bytes", encrypted=listed.encrypted)


def _is_folder(listed: Listed) -> bool:
    return listed.name.endswith(("/", "\\")) and not listed.size


def _problem(listed: Listed) -> str:
    mode = listed.attributes >> 16 if listed.unix else 0
    if stat.S_ISLNK(mode):
        return "is a link"
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode):  # a pipe is how `dump | zip` marks its data
        return "is a device or a special file"
    return ""
