"""A store on a local folder: an object appears whole or not at all. A bucket keeps the same promises in `s3/`."""

import threading
from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings
from dropzone_assets.store import Access, Store

PATHS = [
    "a.csv",
    "deep/er/a.csv",
    "ab/0123.csv",
    "t/year=2024/month=01/day=02/t.parquet",
    "with space/ü.csv",
    "x" * 150,
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"), Access())


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def adopt(store: Store, spool: Path, path: str, content: bytes) -> None:
    """Make `content` the object at `path`."""
    file = spool / "incoming"
    file.write_bytes(content)
    store.adopt(file, path)


@pytest.mark.parametrize("path", PATHS)
def test_an_adopted_file_is_the_object(store: Store, spool: Path, path: str) -> None:
    assert not store.exists(path)
    adopt(store, spool, path, b"content")
    assert store.exists(path)
    assert store.head(path, 4) == b"cont"
    assert store.head(path, 400) == b"content"
    assert Path(store.uri(path)).read_bytes() == b"content"
    assert store.paths("") == [path]
    assert list(spool.iterdir()) == []


def test_an_object_is_replaced_at_once_for_whoever_reads_it(store: Store, spool: Path) -> None:
    contents = [bytes([n]) * 200_000 for n in range(50)]
    adopt(store, spool, "t/a.csv", contents[0])
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(Path(store.uri("t/a.csv")).read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for content in contents:
        adopt(store, spool, "t/a.csv", content)
    done.set()
    reader.join()
    assert seen <= set(contents)
    assert store.paths("") == ["t/a.csv"]
    assert list(Path(store.uri("t")).iterdir()) == [Path(store.uri("t/a.csv"))]


def test_an_adoption_that_dies_leaves_the_old_object(store: Store, spool: Path) -> None:
    adopt(store, spool, "a.csv", b"old")
    with pytest.raises(FileNotFoundError):
        store.adopt(spool / "missing", "a.csv")
    assert store.head("a.csv", 9) == b"old"
    assert store.paths("") == ["a.csv"]


def test_an_empty_object_is_an_object(store: Store, spool: Path) -> None:
    adopt(store, spool, "a.csv", b"")
    assert store.exists("a.csv")
    assert store.head("a.csv", 10) == b""


def test_an_object_that_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        store.head("a.csv", 10)


def test_deleting_twice_is_deleting_once(store: Store, spool: Path) -> None:
    adopt(store, spool, "a.csv", b"x")
    for _ in range(2):
        store.delete("a.csv")
        assert not store.exists("a.csv")


def test_a_prefix_is_whole_folders_in_order(store: Store, spool: Path) -> None:
    for path in ("t/2", "t/1", "t/1.d/3", "tt/1", "u"):
        adopt(store, spool, path, b"")
    assert store.paths("t") == ["t/1", "t/1.d/3", "t/2"]
    assert store.paths("nowhere") == []


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_folder_may_be_written_as_a_url(tmp_path: Path, scheme: str) -> None:
    store = Store(f"{scheme}{tmp_path}/store/", Access())
    assert store.uri("a/b") == str(tmp_path / "store" / "a" / "b")
    assert store.filesystem() is None


@pytest.mark.parametrize("url", ["ftp://host/x", "http://host/x", "gopher://x", "c3://bucket"])
def test_another_kind_of_place_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match=url):
        Store(url, Access())
