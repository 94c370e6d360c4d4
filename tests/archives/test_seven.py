"""7z archives, by every method py7zr writes."""

import io
from pathlib import Path
from typing import Any, ClassVar

import py7zr
import pytest
from py7zr.properties import FILTER_DEFLATE64

from tests.cases.archives import NOISE, ArchiveCases, Packed
from tests.cases.unpacked import unpack

AES = {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}


def seven(members: Packed, *filters: dict[str, int], password: str | None = None, **options: Any) -> bytes:
    """The members as one solid block, their names as they are: py7zr itself would refuse some of them."""
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", filters=list(filters) or None, password=password, **options) as archive:
        for n, (name, content) in enumerate(members):
            archive.writestr(content, f"m{n}")
            described = archive.header.files_info.files[-1]
            described["filename"] = name
            if name.endswith("/"):
                described["attributes"] = 0x10
    return file.getvalue()


class SevenCases(ArchiveCases):
    """7z, by any method."""

    name = "orders.7z"
    filters: ClassVar[list[dict[str, int]]] = [{"id": py7zr.FILTER_LZMA2, "preset": 0}]

    def pack(self, members: Packed) -> bytes:
        """As py7zr packs it."""
        return seven(members, *self.filters)

    def lock(self, members: Packed, password: str) -> bytes:
        """With AES, the directory left readable."""
        return seven(members, *self.filters, AES, password=password)


class TestLzma2(SevenCases):
    """The usual 7z."""


class TestCopy(SevenCases):
    """Not compressed at all."""

    filters: ClassVar = [{"id": py7zr.FILTER_COPY}]
    exceptions: ClassVar = {"test_a_bomb_is_refused_by_its_ratio": "what is stored does not expand"}


class TestZstd(SevenCases):
    """As 7-Zip ZS packs."""

    filters: ClassVar = [{"id": py7zr.FILTER_ZSTD, "level": 1}]


@pytest.mark.parametrize(
    "filters",
    [
        [{"id": py7zr.FILTER_LZMA}],
        [{"id": py7zr.FILTER_BZIP2}],
        [{"id": py7zr.FILTER_DEFLATE}],
        [{"id": FILTER_DEFLATE64}],
        [{"id": py7zr.FILTER_BROTLI, "level": 5}],
        [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
        [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA}],
        [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
    ],
)
def test_every_other_method_is_read(tmp_path: Path, filters: list[dict[str, int]]) -> None:
    members = [("a", NOISE), ("b", b"hello," * 100_000), ("c", b"c")]
    unpacked = unpack(tmp_path, "x.7z", seven(members, *filters))
    assert unpacked.read == members


def test_ppmd_is_refused_for_it_can_crash(tmp_path: Path) -> None:
    packed = seven([("a", b"x" * 100)], {"id": py7zr.FILTER_PPMD, "order": 6, "mem": 20})
    assert "cannot be unpacked" in unpack(tmp_path, "x.7z", packed).failed["a"].found


def test_a_locked_directory_needs_the_password(tmp_path: Path) -> None:
    packed = seven([("a", NOISE)], password="right", header_encryption=True)
    assert unpack(tmp_path, "x.7z", packed, password="right").read == [("a", NOISE)]
    for password in ("", "wrong"):
        unpacked = unpack(tmp_path, "x.7z", packed, password=password)
        assert unpacked.refused
        assert "password" in unpacked.refused.found
        assert "`archive_password` under `credentials` of the source" in unpacked.refused.cure


def test_what_is_packed_after_the_damage_fails_with_it(tmp_path: Path) -> None:
    members = [("a", b"first"), ("b", b"hello, " * 1000), ("c", b"last" * 1000)]
    packed = bytearray(seven(members, {"id": py7zr.FILTER_ZSTD, "level": 1}))
    packed[40:60] = b"\xff" * 20
    unpacked = unpack(tmp_path, "x.7z", bytes(packed))
    assert "what is packed before it" in unpacked.failed["c"].found
