"""The directory at the end of a zip file, read an entry at a time (APPNOTE.TXT 6.3.10, 4.3.12 to 4.3.16 and 4.5.3)."""

from collections.abc import Iterator
from struct import Struct, unpack_from
from typing import BinaryIO, NamedTuple
from zlib import crc32

from dropzone_assets.archives import refusals
from dropzone_assets.errors import Refused

END = Struct("<4s4H2LH")
LOCATOR64 = Struct("<4sLQL")
END64 = Struct("<4sQ2H2L4Q")
ENTRY = Struct("<4s6H3L5H2L")
FULL, FULL64 = 0xFFFF, 0xFFFFFFFF
"""A number that is too large for its field and is told elsewhere."""

ENCRYPTED, DESCRIPTOR, STRONG, UTF8 = 1, 8, 64, 2048
"""Bits of an entry's flags."""

UNIX = (3, 19)
"""Systems, as the maker of an entry gives them, whose files have a mode: Unix and macOS."""

ZIP64, UNICODE_NAME, AES = 0x0001, 0x7075, 0x9901
"""Extra fields that are looked at."""


class Listed(NamedTuple):
    """One entry: `packed` bytes at `offset` that unpack to `size` bytes, and how."""

    name: str
    flags: int
    method: int
    time: int
    crc: int
    packed: int
    size: int
    offset: int
    unix: bool
    attributes: int
    aes: bytes

    @property
    def encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.flags & ENCRYPTED)

    @property
    def without_crc(self) -> bool:
        """Whether it is encrypted in the way (AE-2) that has its own checksum instead."""
        return self.aes[:2] == b"\x02\x00"


class End(NamedTuple):
    """Where the directory is, how long it is, how many entries it has, what precedes the archive in its file."""

    start: int
    size: int
    entries: int
    before: int


def list_directory(file: BinaryIO, size: int, what: str) -> Iterator[Listed]:
    """Every entry, as it is listed.

    Raises:
        Refused: there is no directory, or it is broken; the entries before are given first.
    """
    end = _find_end(file, size, what)
    location, stop, count = end.start, end.start + end.size, 0
    while location < stop:
        file.seek(location)
        head = file.read(ENTRY.size)
        fields = ENTRY.unpack(head) if len(head) == ENTRY.size else (b"",)
        if fields[0] != b"PK\x01\x02":
            raise refusals.damaged(what, f"its directory breaks after {count:,} of {end.entries:,} members")
        lengths = fields[10:13]
        rest = file.read(sum(lengths))
        location += ENTRY.size + sum(lengths)
        count += 1
        if len(rest) < sum(lengths) or location > stop:
            raise refusals.damaged(what, f"its directory breaks after {count:,} of {end.entries:,} members")
        yield _listed(fields, rest, end.before)
    if count & FULL != end.entries & FULL:
        raise refusals.damaged(what, f"its directory lists {count:,} members and should list {end.entries:,}")


def _find_end(file: BinaryIO, size: int, what: str) -> End:
    start = max(0, size - END.size - FULL)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < END.size:
        raise _no_directory(file, what)
    _, disk, _, _, entries, length, offset, _ = END.unpack_from(tail, at)
    if disk not in (0, FULL):
        raise refusals.unsupported(what, "several files (a split archive)")
    ends = start + at
    if FULL in (entries, disk) or FULL64 in (length, offset):
        found = _find_end64(file, ends, tail[max(0, at - LOCATOR64.size) : at])
        ends, entries, length, offset = found or (ends, entries, length, offset)
    before = 0 if offset == FULL64 else ends - length - offset  # Info-ZIP, streaming, may leave it full
    if before < 0:
        raise refusals.cut(what, "its directory should be longer than the file is")
    return End(ends - length, length, entries, before)


def _find_end64(file: BinaryIO, ends: int, locator: bytes) -> tuple[int, int, int, int] | None:
    """Where the zip64 record begins, and the numbers it holds: entries, length, offset."""
    if len(locator) < LOCATOR64.size or not locator.startswith(b"PK\x06\x07"):
        return None
    for location in (LOCATOR64.unpack(locator)[2], ends - LOCATOR64.size - END64.size):
        if 0 <= location <= ends - END64.size:
            file.seek(location)
            record = END64.unpack(file.read(END64.size))
            if record[0] == b"PK\x06\x06":
                return location, record[7], record[8], record[9]
    return None


def _no_directory(file: BinaryIO, what: str) -> Refused:
    file.seek(0)
    if file.read(4) in (b"PK\x03\x04", b"PK\x07\x08"):
        return refusals.cut(what, "the directory at its end is missing")
    return refusals.damaged(what, "it is no zip file")


def _listed(fields: tuple[int, ...], rest: bytes, before: int) -> Listed:
    (_, made, _, flags, method, time, _, crc, packed, size, name, extra, _, _, _, attributes, offset) = fields
    written, extras = rest[:name], dict(_extras(rest[name : name + extra]))
    size, packed, offset = _zip64(extras.get(ZIP64, b""), size, packed, offset)
    aes = extras.get(AES, b"") if method == 99 else b""
    return Listed(
        name=_name(written, flags, extras.get(UNICODE_NAME, b""), made >> 8 in UNIX),
        flags=flags,
        method=method,
        time=time,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset + before,
        unix=made >> 8 in UNIX,
        attributes=attributes,
        aes=aes,
    )


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:
        tag, length = unpack_from("<HH", extra)
        yield tag, extra[4 : 4 + length]
        extra = extra[4 + length :]


def _zip64(extra: bytes, *numbers: int) -> list[int]:
    """The numbers, those that are full taken from the extra field in turn."""
    large = iter([unpack_from("<Q", extra, at)[0] for at in range(0, len(extra) - 7, 8)])
    return [next(large, number) if number == FULL64 else number for number in numbers]


def _name(written: bytes, flags: int, unicode: bytes, unix: bool) -> str:
    """UTF-8 where it says so, where an extra field made for these very bytes gives it, or where Unix wrote it.

    The archiver of macOS, and Info-ZIP in the C locale, write UTF-8 and do not say so. All others mean the DOS page.
    """
    if flags & UTF8:
        return written.decode("utf-8", "surrogateescape")
    if unicode[:1] == b"\x01" and unicode[1:5] == crc32(written).to_bytes(4, "little"):
        return unicode[5:].decode("utf-8", "surrogateescape")
    try:
        return written.decode("utf-8" if unix else "cp437")
    except UnicodeDecodeError:
        return written.decode("cp437")
