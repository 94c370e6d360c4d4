"""Which files are archives, within which bounds, and what their members may be called."""

from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

from dropzone_assets.archives import KINDS, Bounds, Member, is_archive, open_archive
from dropzone_assets.archives.archive import ending, without_ending
from dropzone_assets.archives.names import clean_name
from dropzone_assets.errors import Refused


@pytest.mark.parametrize(
    ("name", "found", "without"),
    [
        ("a.zip", ".zip", "a"),
        ("in/2024/a.TAR.GZ", ".tar.gz", "a"),
        ("a.csv.gz", ".gz", "a.csv"),
        ("a.tgz", ".tgz", "a"),
        ("a.tar.zst", ".tar.zst", "a"),
        ("a.7Z", ".7z", "a"),
        ("book.xlsx", "", "book.xlsx"),
        ("book.ods", "", "book.ods"),
        ("zip", "", "zip"),
        ("a.zip.csv", "", "a.zip.csv"),
    ],
)
def test_the_longest_ending_says_what_it_is(name: str, found: str, without: str) -> None:
    assert ending(name) == found
    assert is_archive(name) == bool(found)
    assert without_ending(name) == without


def test_every_kind_is_there() -> None:
    for location in KINDS.values():
        module, name = location.split(":")
        assert callable(getattr(import_module(module), name).entries)


def test_another_file_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a")
    with pytest.raises(Refused, match="is no archive"), open_archive(tmp_path / "a.csv", "a.csv", Bounds()):
        pass


def test_leaving_early_is_fine(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "x").write_bytes(gzip.compress(bytes(1_000_000)))
    with open_archive(tmp_path / "x", "x.gz", Bounds()) as members:
        member, stream = next(members)
        assert member == Member("x", "")
        assert stream
        assert stream.read(10) == bytes(10)


def test_bounds_are_written_as_people_write_them() -> None:
    bounds = Bounds.model_validate({"total_bytes": "20GiB", "members": 5})
    assert bounds.total_bytes == 20 * 1024**3
    assert Bounds() == Bounds(members=10_000, ratio=200, depth=2, seconds=600)


@pytest.mark.parametrize("field", Bounds.model_fields)
def test_no_bound_is_nothing(field: str) -> None:
    with pytest.raises(ValidationError):
        Bounds.model_validate({field: 0})
    with pytest.raises(ValidationError):
        Bounds.model_validate({f"{field}_": 1})


@pytest.mark.parametrize(
    ("written", "path", "problem"),
    [
        ("a/b.csv", "a/b.csv", ""),
        ("./a\\b.csv", "a/b.csv", ""),
        ("..a/b..csv", "..a/b..csv", ""),
        ("👨‍👩‍👧 \u202f.csv", "👨‍👩‍👧 \u202f.csv", ""),
        ("", "", "has no name"),
        ("./", "./", "has no name"),
        ("/a", "/a", "has an absolute path as its name"),
        ("z:a", "z:a", "has an absolute path as its name"),
        ("a/..", "a/..", "has a name that leads out of the archive"),
        ("a\0b", "a\\x00b", "has a control character in its name"),
        ("a\udcffb", "a\\xffb", "has a name that cannot be decoded"),
        ("a\ud800b", "a\\ud800b", "has a name that cannot be decoded"),
    ],
)
def test_a_name_is_made_plain_or_set_aside(written: str, path: str, problem: str) -> None:
    assert clean_name(written) == (path, problem)
