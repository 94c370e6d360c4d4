"""Tar archives in every compression."""

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path
from typing import ClassVar

import pytest

from dropzone_assets.archives.codecs import zstd_library
from tests.cases.archives import NOISE, ArchiveCases, Packed
from tests.cases.unpacked import Unpacked, unpack

OPEN = "tar has no encryption"
BLIND = "tar keeps no checksum of its members"
STREAM = "a compressed tar is one stream: nothing after the damage can be read"

LOCKED = dict.fromkeys(("test_the_password_opens_it", "test_without_its_password_it_is_refused"), OPEN)


def tar(members: Packed, form: int = tarfile.PAX_FORMAT) -> bytes:
    """The members, not compressed."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members:
            header = tarfile.TarInfo(name)
            header.size = len(content)
            if name.endswith("/"):
                header.type = tarfile.DIRTYPE
            archive.addfile(header, io.BytesIO(content))
    return file.getvalue()


class TestTar(ArchiveCases):
    """Plain tar."""

    name = "orders.tar"
    exceptions: ClassVar = {
        **LOCKED,
        "test_a_damaged_member_fails_alone": BLIND,
        "test_damage_is_never_read_as_if_it_were_whole": BLIND,
        "test_a_bomb_is_refused_by_its_ratio": "what is stored does not expand",
    }

    def pack(self, members: Packed) -> bytes:
        """As Python packs it."""
        return tar(members)


class TestGnu(TestTar):
    """As GNU tar writes long names."""

    def pack(self, members: Packed) -> bytes:
        """In GNU's format."""
        return tar(members, tarfile.GNU_FORMAT)


class TestTarGzip(ArchiveCases):
    """`.tar.gz`."""

    name = "orders.TAR.GZ"
    exceptions: ClassVar = {**LOCKED, "test_a_damaged_member_fails_alone": STREAM}

    def pack(self, members: Packed) -> bytes:
        """With gzip."""
        return gzip.compress(tar(members), 1)


class TestTarBzip2(TestTarGzip):
    """`.tar.bz2`."""

    name = "orders.tbz2"

    def pack(self, members: Packed) -> bytes:
        """With bzip2."""
        return bz2.compress(tar(members), 1)


class TestTarXz(TestTarGzip):
    """`.tar.xz`."""

    name = "orders.txz"

    def pack(self, members: Packed) -> bytes:
        """With xz."""
        return lzma.compress(tar(members), preset=0)


class TestTarZstd(TestTarGzip):
    """`.tar.zst`."""

    name = "orders.tar.zst"

    def pack(self, members: Packed) -> bytes:
        """With zstd and its checksum."""
        library = zstd_library()
        packed: bytes = library.compress(tar(members), options={library.CompressionParameter.checksum_flag: 1})
        return packed


def opened(folder: Path, packed: bytes) -> Unpacked:
    """What comes out of these bytes."""
    return unpack(folder, "x.tar", packed)


def special(name: str, kind: bytes) -> bytes:
    """The header of something that is no file."""
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, "/etc/passwd"
    return header.tobuf()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "is a device or a special file"),
        (tarfile.BLKTYPE, "is a device or a special file"),
        (tarfile.FIFOTYPE, "is a device or a special file"),
    ],
)
def test_links_and_devices_are_set_aside(tmp_path: Path, kind: bytes, problem: str) -> None:
    unpacked = opened(tmp_path, special("odd", kind) + tar([("a", b"x")]))
    assert unpacked.problems == {"odd": problem}
    assert unpacked.read == [("a", b"x")]


def test_a_sparse_file_is_set_aside(tmp_path: Path) -> None:
    header = tarfile.TarInfo("holes")
    header.size = 5
    pax = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,5", "GNU.sparse.size": "5"}
    header.pax_headers = pax
    packed = header.tobuf(tarfile.PAX_FORMAT) + b"hello" + bytes(507)
    unpacked = opened(tmp_path, packed + tar([("a", b"x")]))
    assert unpacked.problems == {"holes": "is a sparse file"}
    assert unpacked.read == [("a", b"x")]


def test_a_name_that_is_not_utf8_is_set_aside(tmp_path: Path) -> None:
    packed = tar([("a\udcff.csv", b"x"), ("b", b"y")], tarfile.GNU_FORMAT)
    assert opened(tmp_path, packed).problems == {"a\\xff.csv": "has a name that cannot be decoded"}
    assert opened(tmp_path, packed).read == [("b", b"y")]


def test_a_tar_without_the_mark_of_its_end_was_cut(tmp_path: Path) -> None:
    packed = tar([("a", bytes(512))])[:1024]
    assert opened(tmp_path, packed).read == [("a", bytes(512))]
    assert "truncated" in str(opened(tmp_path, packed).refused)
    assert not opened(tmp_path, packed + bytes(512)).refused


def test_a_header_that_breaks_gives_what_is_before(tmp_path: Path) -> None:
    packed = bytearray(tar([("a", b"1"), ("b", b"2"), ("c", b"3")]))
    packed[2048:2056] = b"\xffspoilt\xff"
    unpacked = opened(tmp_path, bytes(packed))
    assert unpacked.read == [("a", b"1"), ("b", b"2")]
    assert "broken header" in str(unpacked.refused)


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_name_of_gigabytes_is_not_read(tmp_path: Path, kind: bytes) -> None:
    header = tarfile.TarInfo("long")
    header.type, header.size = kind, 2 * 1024**3
    assert "a header of 2147483648 bytes" in str(opened(tmp_path, header.tobuf() + bytes(4096)).refused)


def test_a_second_tar_behind_the_first_is_not_lost_silently(tmp_path: Path) -> None:
    unpacked = opened(tmp_path, tar([("a", b"1")]) + tar([("b", b"2")]))
    assert unpacked.read == [("a", b"1")]
    assert "follows the mark of its end" in str(unpacked.refused)


def test_what_follows_the_end_is_checked_too(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(tar([("a", NOISE)])))
    packed[-6] ^= 1
    unpacked = unpack(tmp_path, "x.tgz", bytes(packed))
    assert unpacked.refused
    assert "damaged" in unpacked.refused.found
