"""Zip archives, made by Python and byte by byte."""

import io
import stat
import zipfile
from pathlib import Path
from struct import pack
from typing import ClassVar
from zlib import crc32

import pytest
import pyzipper
from inflate64 import Deflater

from tests.cases.archives import NOISE, ArchiveCases, Packed
from tests.cases.unpacked import Unpacked, unpack


def entries(members: Packed) -> list[tuple[zipfile.ZipInfo, bytes]]:
    """The members with their names as they are: `zipfile` would make some of them plain."""
    infos = []
    for name, content in members:
        info = zipfile.ZipInfo("x")
        info.filename = name
        infos.append((info, content))
    return infos


class ZipCases(ArchiveCases):
    """Zip, by any method."""

    name = "orders.zip"
    method = zipfile.ZIP_STORED

    def pack(self, members: Packed) -> bytes:
        """As Python packs it."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for info, content in entries(members):
                archive.writestr(info, content, self.method)
        return file.getvalue()

    def lock(self, members: Packed, password: str) -> bytes:
        """With AES of 256 bits."""
        return aes(members, password, 256)


class TestStored(ZipCases):
    """Not compressed at all."""

    exceptions: ClassVar = {"test_a_bomb_is_refused_by_its_ratio": "what is stored does not expand"}


class TestDeflated(ZipCases):
    """The usual zip."""

    method = zipfile.ZIP_DEFLATED


class TestBzip2(ZipCases):
    """Method 12."""

    method = zipfile.ZIP_BZIP2
    exceptions: ClassVar = {"test_a_damaged_member_fails_alone": "the place to damage cannot be found; Stored shows it"}


class TestLzma(ZipCases):
    """Method 14."""

    method = zipfile.ZIP_LZMA
    exceptions: ClassVar = {"test_a_damaged_member_fails_alone": "the place to damage cannot be found; Stored shows it"}


def aes(members: Packed, password: str, bits: int) -> bytes:
    """The members, encrypted as WinZip does it."""
    file = io.BytesIO()
    with pyzipper.AESZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.setencryption(pyzipper.WZ_AES, nbits=bits)
        archive.setpassword(password.encode())
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def by_hand(
    name: bytes,
    content: bytes,
    plain: bytes | None = None,
    *,
    method: int = 0,
    flags: int = 0,
    extra: bytes = b"",
    system: int = 0,
) -> bytes:
    """A zip of one member, every field as it is wanted."""
    plain = content if plain is None else plain
    shared = pack("<4H3L2H", flags, method, 0, 0, crc32(plain), len(content), len(plain), len(name), len(extra))
    local = b"PK\x03\x04" + pack("<H", 20) + shared + name + extra + content
    listed = b"PK\x01\x02" + pack("<2H", system << 8 | 20, 20) + shared + pack("<3H2L", 0, 0, 0, 0, 0) + name + extra
    return local + listed + b"PK\x05\x06" + pack("<4H2LH", 0, 0, 1, 1, len(listed), len(local), 0)


def opened(folder: Path, packed: bytes, password: str = "") -> Unpacked:
    """What comes out of these bytes."""
    return unpack(folder, "x.zip", packed, None, password)


@pytest.mark.parametrize("bits", [128, 192, 256])
def test_aes_of_any_strength_is_read(tmp_path: Path, bits: int) -> None:
    packed = aes([("a", b"hello"), ("b", NOISE)], "s", bits)
    assert opened(tmp_path, packed, "s").read == [("a", b"hello"), ("b", NOISE)]


def test_sealed_bytes_that_were_changed_are_damaged(tmp_path: Path) -> None:
    packed = bytearray(aes([("a", NOISE)], "s", 256))
    packed[1000] ^= 1
    assert "damaged, or the password is wrong" in opened(tmp_path, bytes(packed), "s").failed["a"].found


OLD = bytes.fromhex(
    "504b0304140009000800a32b755d1a1cb48d160000003200000005000000662e7478748434717521ede532d4e722ac5c7f09d9d8"
    "b73fa7b5be504b07081a1cb48d1600000032000000504b01021e03140009000800a32b755d1a1cb48d1600000032000000050000"
    "000000000001000000a48100000000662e747874504b0506000000000100010033000000490000000000"
)
"""`hello` ten times, encrypted with `sekret` in PKWARE's way by Info-ZIP's zip 3.0."""


def test_the_old_encryption_is_read(tmp_path: Path) -> None:
    assert opened(tmp_path, OLD, "sekret").read == [("f.txt", b"hello" * 10)]
    assert "does not open it" in opened(tmp_path, OLD, "wrong").failed["f.txt"].found
    assert "no password is known" in opened(tmp_path, OLD).failed["f.txt"].found


STREAMED = bytes.fromhex(
    "504b03042d00080008007b2a755d00000000ffffffffffffffff010014002d0100100000000000000000000000000000000000cb"
    "48cdc9c9e70200504b070820303a3608000000000000000600000000000000504b01021e032d00080008007b2a755d20303a3608"
    "000000ffffffff01000c0000000000010000008011000000002d010008000600000000000000504b050600000000010001003b00"
    "0000ffffffff0000"
)
"""`echo hello | zip -fz - - | cat`: sizes after the bytes, a directory whose place was never written, a pipe."""


def test_a_zip_made_in_a_pipe_is_read(tmp_path: Path) -> None:
    assert opened(tmp_path, STREAMED).read == [("-", b"hello\n")]


class Pipe(io.RawIOBase):
    """A file that cannot go back."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        self.written += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


@pytest.mark.parametrize("zip64", [False, True])
def test_sizes_may_follow_the_bytes(tmp_path: Path, zip64: bool) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "ab":
            with archive.open(name, "w", force_zip64=zip64) as member:
                member.write(NOISE)
    assert opened(tmp_path, pipe.written).read == [("a", NOISE), ("b", NOISE)]


def test_a_zip64_directory_is_read(tmp_path: Path) -> None:
    packed = by_hand(b"a", b"x")
    end = packed.index(b"PK\x05\x06")
    length, offset = end - packed.index(b"PK\x01\x02"), packed.index(b"PK\x01\x02")
    record = b"PK\x06\x06" + pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 1, 1, length, offset)
    locator = b"PK\x06\x07" + pack("<LQL", 0, end, 1)
    full = b"PK\x05\x06" + pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert opened(tmp_path, packed[:end] + record + locator + full).read == [("a", b"x")]
    assert opened(tmp_path, b"#!/bin/sh\n" + packed[:end] + record + locator + full).read == [("a", b"x")]


def test_deflate64_is_read(tmp_path: Path) -> None:
    plain = NOISE + b"hello, " * 50_000
    deflater = Deflater()
    packed = by_hand(b"a", deflater.deflate(plain) + deflater.flush(), plain, method=9)
    assert opened(tmp_path, packed).read == [("a", plain)]


def test_a_method_nobody_knows_is_named(tmp_path: Path) -> None:
    assert "compression method 98" in opened(tmp_path, by_hand(b"a", b"x", method=98)).failed["a"].found


def test_names_are_of_the_dos_page_unless_they_say_utf8_or_unix_wrote_it(tmp_path: Path) -> None:
    better = b"\x01" + crc32(b"?.csv").to_bytes(4, "little") + "世.csv".encode()
    told = pack("<2H", 0x7075, len(better)) + better
    stale = told.replace(crc32(b"?.csv").to_bytes(4, "little"), b"\0\0\0\0")
    cases = {
        "é.csv": by_hand(b"\x82.csv", b""),
        "ü.csv": by_hand("ü.csv".encode(), b"", flags=2048),
        "世.csv": by_hand(b"?.csv", b"", extra=told),
        "?.csv": by_hand(b"?.csv", b"", extra=stale),
        "ß.csv": by_hand("ß.csv".encode(), b"", system=3),
        "├ƒ.csv": by_hand("ß.csv".encode(), b""),
        "á.csv": by_hand(b"\xa0.csv", b"", system=3),
    }
    for name, packed in cases.items():
        assert opened(tmp_path, packed).read == [(name, b"")]


def test_a_name_that_is_not_the_utf8_it_says_is_set_aside(tmp_path: Path) -> None:
    unpacked = opened(tmp_path, by_hand(b"a\xff.csv", b"", flags=2048))
    assert unpacked.problems == {"a\\xff.csv": "has a name that cannot be decoded"}


def test_a_name_with_a_nul_is_set_aside(tmp_path: Path) -> None:
    assert opened(tmp_path, by_hand(b"a.csv\0.exe", b"")).problems == {
        "a.csv\\x00.exe": "has a control character in its name"
    }


def test_links_and_devices_are_set_aside(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, kind in (("link", stat.S_IFLNK), ("device", stat.S_IFCHR), ("file", stat.S_IFREG)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (kind | 0o644) << 16
            archive.writestr(info, b"/etc/passwd")
    unpacked = opened(tmp_path, file.getvalue())
    assert unpacked.problems == {"link": "is a link", "device": "is a device or a special file"}
    assert unpacked.read == [("file", b"/etc/passwd")]


def test_a_zip_may_have_a_head_and_a_comment(tmp_path: Path) -> None:
    packed = by_hand(b"a", b"x")
    assert opened(tmp_path, b"#!/bin/sh\nexit\n" + packed[:-2] + b"\x05\0hello").read == [("a", b"x")]


def test_a_size_that_lies_is_found_out(tmp_path: Path) -> None:
    packed = by_hand(b"a", b"hello")
    small = packed.replace(pack("<2L", 5, 5), pack("<2L", 5, 3))
    assert "more than its 3 bytes" in opened(tmp_path, small).failed["a"].found
    large = packed.replace(pack("<2L", 5, 5), pack("<2L", 5, 9))
    assert "5 of its 9 bytes" in opened(tmp_path, large).failed["a"].found


def test_a_split_archive_is_refused(tmp_path: Path) -> None:
    packed = by_hand(b"a", b"x").replace(b"PK\x05\x06\0\0", b"PK\x05\x06\x02\0")
    assert "split" in str(opened(tmp_path, packed).refused)


def test_a_directory_that_breaks_gives_what_is_before(tmp_path: Path) -> None:
    packed = TestStored().pack([("a", b"1"), ("b", b"2"), ("c", b"3")])
    at = packed.rindex(b"PK\x01\x02")
    unpacked = opened(tmp_path, packed[:at] + b"PK\x09\x09" + packed[at + 4 :])
    assert [name for name, _ in unpacked.read] == ["a", "b"]
    assert "breaks after 2 of 3 members" in str(unpacked.refused)
