"""Single files, compressed."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import ClassVar

import pytest

from dropzone_assets.archives.codecs import zstd_library
from tests.cases.archives import NOISE, ArchiveCases, Packed
from tests.cases.unpacked import unpack

ONE = "it holds one file, without a name"
OPEN = "it has no encryption"


class SingleCases(ArchiveCases):
    """What a compressed file promises beside: its frames are one file, and nothing else may follow them."""

    exceptions: ClassVar = {
        **dict.fromkeys(
            (
                "test_members_come_through_byte_for_byte_and_in_order",
                "test_names_in_any_script_come_through",
                "test_a_name_is_made_plain",
                "test_an_empty_member_has_neighbours",
                "test_an_empty_archive_has_no_members",
                "test_folders_are_no_members",
                "test_a_member_that_is_not_read_is_skipped",
                "test_hostile_names_are_set_aside_and_nothing_is_written",
                "test_a_name_that_comes_again_is_set_aside",
                "test_a_damaged_member_fails_alone",
                "test_too_many_members_are_refused",
                "test_what_is_written_is_read",
            ),
            ONE,
        ),
        **dict.fromkeys(("test_the_password_opens_it", "test_without_its_password_it_is_refused"), OPEN),
    }

    def compress(self, content: bytes) -> bytes:
        """One frame."""
        raise NotImplementedError

    def pack(self, members: Packed) -> bytes:
        """Its one member."""
        ((_, content),) = members
        return self.compress(content)

    def test_the_member_is_called_as_the_file_without_its_ending(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        name = f"in/Grüße.{self.name.rsplit('.', 1)[1].upper()}"
        assert unpack(tmp_path, name, self.compress(NOISE)).read == [("Grüße", NOISE)]

    @pytest.mark.parametrize("between", [b"", bytes(4), bytes(1_000_000)])
    def test_all_its_frames_are_one_file(self, tmp_path: Path, between: bytes) -> None:
        packed = between.join(map(self.compress, (b"a,b\n", NOISE, b"", b"1,2\n"))) + between
        assert self.open(tmp_path, packed).read[0][1] == b"a,b\n" + NOISE + b"1,2\n"

    @pytest.mark.parametrize("after", [b"junk", b"\0\0junk" * 100, b"a,b\n" * 100_000])
    def test_anything_else_after_them_is_refused(self, tmp_path: Path, after: bytes) -> None:
        unpacked = self.open(tmp_path, self.compress(NOISE) + after)
        assert not unpacked.read
        assert unpacked.failed

    @pytest.mark.parametrize("less", [1, 2, 5, 50])
    def test_the_very_end_may_not_be_missing(self, tmp_path: Path, less: int) -> None:
        assert "truncated" in str([*self.open(tmp_path, self.compress(NOISE)[:-less]).failed.values()])


class TestGzip(SingleCases):
    """`.gz`."""

    name = "orders.csv.gz"

    def compress(self, content: bytes) -> bytes:
        """With gzip."""
        return gzip.compress(content, 1)

    def test_a_name_inside_is_not_looked_at(self, tmp_path: Path) -> None:
        plain = self.compress(b"x")
        named = plain[:3] + b"\x08" + plain[4:10] + b"../../evil.csv\0" + plain[10:]
        assert gzip.decompress(named) == b"x"
        assert self.open(tmp_path, named).read == [("orders.csv", b"x")]


class TestBzip2(SingleCases):
    """`.bz2`."""

    name = "orders.csv.bz2"

    def compress(self, content: bytes) -> bytes:
        """With bzip2."""
        return bz2.compress(content, 1)


class TestXz(SingleCases):
    """`.xz`."""

    name = "orders.csv.xz"

    def compress(self, content: bytes) -> bytes:
        """With xz."""
        return lzma.compress(content, preset=0)


class TestZstd(SingleCases):
    """`.zst`."""

    name = "orders.csv.zst"

    def compress(self, content: bytes) -> bytes:
        """With zstd and its checksum."""
        library = zstd_library()
        packed: bytes = library.compress(content, options={library.CompressionParameter.checksum_flag: 1})
        return packed
