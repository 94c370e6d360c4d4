"""Nothing is promised that is not on the disk yet: bytes, then names, then the ledger."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import time_ns
from unittest.mock import patch

import pytest
from sqlalchemy import create_engine

from dropzone_assets import durable, sqlite
from dropzone_assets.ledger import LEFT, open_ledger
from dropzone_assets.ledger.arrivals import Arrivals
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.ledger.retirement import Retirement
from dropzone_assets.settings import Settings
from dropzone_assets.sinks.parquet import object_path
from dropzone_assets.sources.folder import Folder
from dropzone_assets.upkeep.retire import retire
from tests.pipeline import A, B, Pipeline, of
from tests.test_arrivals import Configure, configure, packed, put

__all__ = ["configure"]


class Disk:
    """What has been waited for: inode → when (ns), and when all of it was."""

    def __init__(self) -> None:
        self.waited: dict[int, int] = {}
        self.all = 0

    def holds(self, file: Path) -> bool:
        """Whether the bytes of a file and all names on the way to it have been waited for."""
        status = file.stat()
        waited = max(self.waited.get(status.st_ino, 0), self.all)
        folders = [max(self.waited.get(folder.stat().st_ino, 0), self.all) for folder in file.parents[:2]]
        return waited > status.st_mtime_ns and min(folders) > status.st_ctime_ns - 1


@pytest.fixture(params=["fsync", "syncfs"])
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    """A disk that remembers, where each file is waited for alone, and where all are together."""
    found, fsync, whole = Disk(), os.fsync, durable._syncfs()
    if request.param == "syncfs" and whole is None:
        pytest.skip("This system has no syncfs.")

    def one(number: int) -> None:
        fsync(number)
        found.waited[os.fstat(number).st_ino] = time_ns()

    def every(number: int) -> None:
        assert whole
        whole(number)
        found.all = time_ns()

    few = 10**6 if request.param == "fsync" else 0
    with (
        patch.object(os, "fsync", one),
        patch.object(durable, "_syncfs", lambda: every),
        patch.object(durable, "FEW", few),
    ):
        yield found


@pytest.fixture
def pipeline(home: Path) -> Pipeline:
    return Pipeline(home)


def promising(
    owner: type, name: str, broken: Callable[..., list[object]], heard: list[str], wrong: list[object]
) -> object:
    """Ask what of a promise is not true on the disk at the moment at which it is made."""
    whole = getattr(owner, name)

    def asked(*of: object) -> object:
        heard.append(name)
        wrong.extend(broken(*of[1:]))
        return whole(*of)

    return patch.object(owner, name, asked)


@pytest.mark.parametrize("after", ["delete", "move"])
def test_no_promise_is_made_before_the_disk_has_what_it_is_about(
    after: str, home: Path, pipeline: Pipeline, disk: Disk, configure: Configure
) -> None:
    configure(after=after, **({"move_to": "done"} if after == "move" else {}))
    put(home, A, of("a").encode())
    put(home, "deep/day.zip", packed({B: of("b")}))
    raw, lake, heard, wrong = home / "raw", home / "lake", list[str](), list[object]()

    def copies(deliveries: list[object]) -> list[object]:
        return [d for d in deliveries if not disk.holds(raw / d.raw_path)]  # type: ignore[attr-defined]

    def partitions(table: str, done: list[object], *_: object) -> list[object]:
        days = [each.day for each in done if each.lake_rows]  # type: ignore[attr-defined]
        name = "summary/ingestion" if table == "ingestion" else table
        return [day for day in days if not disk.holds(lake / object_path(name, day))]

    def summaries(table: str, versions: dict[object, int], hashes: dict[object, str]) -> list[object]:
        days = [day for day in versions if hashes[day]]
        return [day for day in days if not disk.holds(lake / object_path(f"summary/{table}", day))]  # type: ignore[arg-type]

    def gone(keys: list[str], what: str) -> list[object]:
        moved = [f for f in (home / "dropzone" / "done").rglob("*") if f.is_file()]
        rows = pipeline.platform.ledger.worklist.of_keys(keys)
        named = [file for file in moved if not disk.holds(file)] if what == LEFT else []
        return [*copies(rows), *named]  # type: ignore[arg-type]

    with (
        promising(Deliveries, "fetched", copies, heard, wrong),  # type: ignore[attr-defined]
        promising(Arrivals, "record", lambda ds: copies([d for d in ds if d.content_hash]), heard, wrong),
        promising(Partitions, "published", partitions, heard, wrong),
        promising(Partitions, "summarised", summaries, heard, wrong),
        promising(Retirement, "mark", gone, heard, wrong),
    ):
        pipeline.all()
        pipeline.bring_up_to_date()
        assert retire(pipeline.platform, "dropzone") == 2
    assert wrong == []
    assert {"fetched", "record", "published", "summarised", "mark"} == {*heard}
    assert pipeline.lake() == ["a", "b"]


def test_what_a_killed_process_left_is_waited_for_before_it_counts(home: Path, pipeline: Pipeline, disk: Disk) -> None:
    put(home, A, of("a").encode())
    killed = patch.object(Deliveries, "fetched", side_effect=KeyboardInterrupt)
    with patch.object(durable, "_sync"), patch.object(durable, "_sync_disks"), killed, pytest.raises(KeyboardInterrupt):
        pipeline.all()
    disk.waited.clear()
    disk.all = 0
    pipeline.all()
    (held,) = (home / "raw").rglob("*.csv")
    assert disk.holds(held)


def test_the_ledger_waits_for_the_disk_and_dagsters_files_do_not(tmp_path: Path) -> None:
    sqlite.write_ahead()
    ledger = open_ledger(f"sqlite:///{tmp_path}/new/ledger.sqlite")
    hasty = open_ledger(f"sqlite:///{tmp_path}/hasty.sqlite", durable=False)
    other = create_engine(f"sqlite:///{tmp_path}/runs.db")
    found = []
    for engine in (ledger.engine, hasty.engine, other):
        with engine.connect() as connection:
            found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
        engine.dispose()
    assert found == [2, 1, 1]


def test_who_does_not_want_to_wait_does_not(home: Path) -> None:
    put(home, A, of("a").encode())
    pipeline = Pipeline(home, Settings(home=home, sync="off"))
    waited = AssertionError("It waits for the disk.")
    with patch.object(durable, "_sync", side_effect=waited), patch.object(durable, "_sync_disks", side_effect=waited):
        pipeline.all()
        pipeline.bring_up_to_date()
    assert pipeline.lake() == ["a"]


def test_a_source_in_a_folder_waits_for_what_it_moved(
    home: Path, pipeline: Pipeline, disk: Disk, configure: Configure
) -> None:
    configure(after="move", move_to="done")
    put(home, A, of("a").encode())
    source = pipeline.platform.sources["dropzone"]
    assert isinstance(source, Folder)
    source.move(A, "done")
    source.write("receipt.json", b"{}")
    source.settle()
    assert disk.holds(home / "dropzone" / "done" / A)
    assert disk.holds(home / "dropzone" / "receipt.json")
