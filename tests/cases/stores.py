"""What every store promises, wherever its objects are."""

import threading
from pathlib import Path

import pytest
from fsspec import AbstractFileSystem

from dropzone_assets import engine
from dropzone_assets.store import Store

PATHS = [
    "a.csv",
    "deep/er/a.csv",
    "ab/0123.csv",
    "t/year=2024/month=01/day=02/t.parquet",
    "with space/ü.csv",
    "x" * 150,
]


def adopt(store: Store, spool: Path, path: str, content: bytes) -> None:
    """Make `content` the object at `path`."""
    file = spool / "incoming"
    file.write_bytes(content)
    store.adopt(file, path)


class StoreCases:
    """A subclass has a fixture `store`, empty for each test."""

    @pytest.fixture
    def spool(self, tmp_path: Path) -> Path:
        folder = tmp_path / "spool"
        folder.mkdir()
        return folder

    @pytest.mark.parametrize("path", PATHS)
    def test_an_adopted_file_is_the_object(self, store: Store, spool: Path, path: str) -> None:
        assert not store.exists(path)
        adopt(store, spool, path, b"content")
        assert store.exists(path)
        assert store.head(path, 4) == b"cont"
        assert store.head(path, 400) == b"content"
        store.copy(path, spool / "copy")
        assert (spool / "copy").read_bytes() == b"content"
        assert store.paths("") == [path]
        assert list(spool.iterdir()) == [spool / "copy"]

    def test_an_object_is_replaced_at_once_for_whoever_reads_it(self, store: Store, spool: Path) -> None:
        contents = [bytes([n]) * 200_000 for n in range(30)]
        adopt(store, spool, "t/a.csv", contents[0])
        seen: set[bytes] = set()
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                seen.add(store.head("t/a.csv", 10**6))

        reader = threading.Thread(target=read)
        reader.start()
        for content in contents:
            adopt(store, spool, "t/a.csv", content)
        done.set()
        reader.join()
        assert seen <= set(contents)
        assert store.paths("") == ["t/a.csv"]

    def test_an_object_larger_than_one_request_is_whole(self, store: Store, spool: Path) -> None:
        content = bytes(range(256)) * 100_000
        adopt(store, spool, "large.bin", content)
        store.copy("large.bin", spool / "copy")
        assert (spool / "copy").read_bytes() == content

    def test_an_adoption_that_dies_leaves_the_old_object(self, store: Store, spool: Path) -> None:
        adopt(store, spool, "a.csv", b"old")
        with pytest.raises(FileNotFoundError):
            store.adopt(spool / "missing", "a.csv")
        assert store.head("a.csv", 9) == b"old"
        assert store.paths("") == ["a.csv"]

    def test_an_empty_object_is_an_object(self, store: Store, spool: Path) -> None:
        adopt(store, spool, "a.csv", b"")
        assert store.exists("a.csv")
        assert store.head("a.csv", 10) == b""
        store.copy("a.csv", spool / "copy")
        assert (spool / "copy").read_bytes() == b""

    def test_an_object_that_is_not_there_is_not_found(self, store: Store, spool: Path) -> None:
        with pytest.raises(FileNotFoundError):
            store.head("a.csv", 10)
        with pytest.raises(FileNotFoundError):
            store.copy("a.csv", spool / "copy")

    def test_deleting_twice_is_deleting_once(self, store: Store, spool: Path) -> None:
        adopt(store, spool, "a.csv", b"x")
        for _ in range(2):
            store.delete("a.csv")
            assert not store.exists("a.csv")

    def test_a_prefix_is_whole_folders_in_order(self, store: Store, spool: Path) -> None:
        for path in ("t/2", "t/1", "t/1.d/3", "tt/1", "u"):
            adopt(store, spool, path, b"")
        assert store.paths("t") == ["t/1", "t/1.d/3", "t/2"]
        assert store.paths("nowhere") == []

    def test_duckdb_reads_what_the_store_holds(self, store: Store, spool: Path) -> None:
        paths = ["t/year=2024/a b.csv", "t/year=2025/c.csv"]
        for path in paths:
            adopt(store, spool, path, b"n\n1\n2\n")
        found: AbstractFileSystem | None = store.filesystem()
        with engine.connect(filesystems=[found] if found else []) as connection:
            files = ", ".join(engine.literal(store.uri(path)) for path in paths)
            assert engine.rows(connection, f"SELECT sum(n) FROM read_csv([{files}])") == [(6,)]
