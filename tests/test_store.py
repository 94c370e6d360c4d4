"""A store on a local folder: an object appears whole or not at all."""

import os
from errno import ENOSPC
from pathlib import Path
from unittest.mock import patch

import pytest

from dropzone_assets.errors import BadSettings, StoreUnavailable
from dropzone_assets.platform import Platform
from dropzone_assets.store import Access, Store
from dropzone_assets.upkeep.sweep import sweep
from tests.cases.stores import StoreCases, adopt


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"), Access())


class TestFolderStore(StoreCases):
    def test_no_half_made_file_is_left_beside_an_object(self, store: Store, spool: Path) -> None:
        for content in (b"old", b"new"):
            adopt(store, spool, "t/a.csv", content)
        assert list(Path(store.uri("t")).iterdir()) == [Path(store.uri("t/a.csv"))]


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_folder_may_be_written_as_a_url(tmp_path: Path, scheme: str) -> None:
    store = Store(f"{scheme}{tmp_path}/store/", Access())
    assert store.uri("a/b") == str(tmp_path / "store" / "a" / "b")
    assert store.filesystem() is None


@pytest.mark.parametrize("url", ["ftp://host/x", "http://host/x", "gopher://x", "c3://bucket"])
def test_another_kind_of_place_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match=url):
        Store(url, Access())


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    store, file = Store(str(tmp_path / "raw"), Access()), tmp_path / "file"
    file.write_text("bytes")
    full = patch.object(Path, "replace", side_effect=OSError(ENOSPC, "No space left on device"))
    with full, pytest.raises(StoreUnavailable, match="No space left"):
        store.adopt(file, "a/b.csv")
    assert [path for path in (tmp_path / "raw").rglob("*") if path.is_file()] == []


def test_half_made_files_are_swept_away_when_they_are_old(platform: Platform) -> None:
    spill = platform.settings.spill
    (spill / "scratch").mkdir(parents=True)
    for name in ("old", "new", "scratch/inside"):
        (spill / name).write_text("half")
    for name in ("old", "scratch"):
        os.utime(spill / name, (1, 1))
    assert sweep(platform) == 2
    assert [path.name for path in spill.iterdir()] == ["new"]
