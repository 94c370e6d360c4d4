"""A store on a local folder: an object appears whole or not at all."""

from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings
from dropzone_assets.store import Access, Store
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
