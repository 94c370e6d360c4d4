"""The promises of the design, each as a person with a folder of files would test it; some through runs, some direct."""

import os
import re
import shutil
from pathlib import Path
from time import sleep

import dagster as dg
import pytest

from dropzone_assets.orchestration.definitions import build
from dropzone_assets.orchestration.runs import RANGE
from dropzone_assets.pipeline.discover import Discovered, discover
from dropzone_assets.platform import Platform
from tests.conftest import Drop, Ingest, Query
from tests.samples import payment, payments

A, B = "payments_20240501_100000.csv", "payments_20240501_120000.csv"

LAKE = "SELECT transaction_id, transaction_ts::DATE::VARCHAR, amount::INTEGER FROM lake.transactions ORDER BY ALL"


def kinds(platform: Platform) -> dict[str, str]:
    """Path → what became of its newest version."""
    return {row.path: row.state for row in reversed(platform.ledger.queries.everything())}


def partitions(platform: Platform) -> list[str]:
    """Year, month and day of the partitions of payments in the lake."""
    return ["-".join(re.findall(r"=(\d+)", path)) for path in platform.lake.paths("transactions")]


def rebuild(platform: Platform, instance: dg.DagsterInstance, first: str, last: str) -> bool:
    """What the UI does when a person asks for a backfill of all payments between two days."""
    definitions = build(platform.settings)
    keys = [dg.AssetKey([layer, "transactions"]) for layer in ("raw", "validated", "quarantine", "lake", "summary")]
    return dg.materialize(
        [*definitions.assets, *definitions.asset_checks],
        selection=dg.AssetSelection.assets(*keys),
        instance=instance,
        resources=definitions.resources,
        tags={RANGE[0]: first, RANGE[1]: last},
    ).success


# -- nothing lost, nothing doubled ------------------------------------------------------------------------------------


def test_a_second_ingest_loads_nothing_and_says_so(drop: Drop, ingest: Ingest, query: Query) -> None:
    drop(A, payments(payment("a"), payment("b")))
    first = ingest()
    assert (first.seen, first.new, [r.step for r in first.runs]) == (1, 1, ["load", "publish", "publish"])
    lake = query(LAKE)
    second = ingest()
    assert (second.seen, second.new, second.runs) == (1, 0, [])
    assert query(LAKE) == lake == [("a", "2024-05-01", 5), ("b", "2024-05-01", 5)]


def test_a_restated_file_replaces_exactly_its_own_rows(drop: Drop, ingest: Ingest, query: Query) -> None:
    drop(A, payments(payment("a"), payment("b")))
    drop(B, payments(payment("c")))
    ingest()
    drop(A, payments(payment("a", amount=7), payment("d")))
    ingest()
    assert query(LAKE) == [("a", "2024-05-01", 7), ("c", "2024-05-01", 5), ("d", "2024-05-01", 5)]
    assert query("SELECT count(*) FROM validated.transactions") == [(3,)]


@pytest.mark.direct
def test_rows_that_move_to_another_day_leave_their_old_partition(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform
) -> None:
    drop(A, payments(payment("a"), payment("b", "2024-05-02")))
    ingest()
    assert partitions(platform) == ["2024-05-01", "2024-05-02"]
    drop(A, payments(payment("a"), payment("b", "2024-05-03")))
    ingest()
    assert partitions(platform) == ["2024-05-01", "2024-05-03"]
    assert query(LAKE) == [("a", "2024-05-01", 5), ("b", "2024-05-03", 5)]
    assert query("SELECT DISTINCT day::VARCHAR FROM summary.transactions ORDER BY 1") == [
        ("2024-05-01",),
        ("2024-05-03",),
    ]


@pytest.mark.direct
def test_a_restated_file_that_is_refused_leaves_the_old_rows(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform
) -> None:
    drop(A, payments(payment("a")))
    ingest()
    drop(A, "nonsense\n1\n")
    ingest()
    assert query(LAKE) == [("a", "2024-05-01", 5)]
    assert [row.path for row in platform.ledger.queries.failures()] == [A]


@pytest.mark.direct
def test_the_same_bytes_under_another_name_are_linked_until_the_original_is_restated(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform
) -> None:
    text = payments(payment("a"))
    drop(A, text)
    ingest()
    drop(B, text)
    ingest()
    assert kinds(platform) == {A: "loaded", B: "linked"}
    assert query("SELECT count(*) FROM validated.transactions") == [(1,)]
    drop(A, payments(payment("z")))
    ingest()
    assert kinds(platform) == {A: "loaded", B: "loaded"}
    assert query(LAKE) == [("a", "2024-05-01", 5), ("z", "2024-05-01", 5)]


@pytest.mark.full
@pytest.mark.parametrize(
    "also", ["nothing", *(pytest.param(each, marks=pytest.mark.long) for each in ("rebuild", "load_again"))]
)
@pytest.mark.direct
def test_a_touched_file_changes_nothing_and_is_replaced_when_it_changes(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform, instance: dg.DagsterInstance, also: str
) -> None:
    file = drop(A, payments(payment("a")))
    ingest()
    before = query("SELECT * FROM validated.transactions")
    os.utime(file, ns=(1, 1))
    ingest()
    if also == "rebuild":
        assert rebuild(platform, instance, "2024-05-01", "2024-05-01")
    if also == "load_again":
        platform.ledger.replays.load_again()
        ingest()
    assert query("SELECT * FROM validated.transactions") == before
    drop(A, payments(payment("b")))
    ingest()
    assert query(LAKE) == [("b", "2024-05-01", 5)]


@pytest.mark.full
@pytest.mark.direct
def test_a_file_put_back_as_it_was_counts_again(drop: Drop, ingest: Ingest, query: Query, home: Path) -> None:
    file = drop(A, payments(payment("a")))
    ingest()
    kept = file.rename(home / "kept.csv")
    drop(A, payments(payment("b")))
    ingest()
    assert query(LAKE) == [("b", "2024-05-01", 5)]
    kept.rename(file)
    assert ingest().new == 1
    assert query(LAKE) == [("a", "2024-05-01", 5)]


@pytest.mark.full
@pytest.mark.direct
def test_a_file_taken_away_takes_no_row_with_it(drop: Drop, ingest: Ingest, query: Query) -> None:
    file = drop(A, payments(payment("a")))
    ingest()
    file.unlink()
    assert ingest().runs == []
    assert query(LAKE) == [("a", "2024-05-01", 5)]


# -- half-written files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [f".{A}", f"_{A}", f"{A}.tmp", f"{A}.part", f"{A}.FILEPART", f"{A}.crdownload"])
def test_a_name_that_says_not_yet_is_no_file(drop: Drop, platform: Platform, name: str) -> None:
    drop(name, payments(payment("a")))
    assert discover(platform, "dropzone") == Discovered()


def test_a_file_that_is_still_written_waits(home: Path, drop: Drop, platform: Platform) -> None:
    (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 4}\n")
    file = drop(A, payments(payment("a")))
    for _ in range(3):
        assert discover(platform, "dropzone").waiting == 1
        with file.open("a") as more:
            more.write(payment("b") + "\n")
    assert discover(platform, "dropzone") == Discovered(seen=1, waiting=1)
    sleep(4.1)
    assert discover(platform, "dropzone") == Discovered(seen=1, new=1)


def test_ingest_waits_for_a_file_that_was_dropped_just_now(
    home: Path, drop: Drop, ingest: Ingest, query: Query
) -> None:
    (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0.5}\n")
    drop(A, payments(payment("a")))
    assert ingest().waiting == 0
    assert query(LAKE) == [("a", "2024-05-01", 5)]


def test_a_file_that_changes_after_it_was_listed_is_read_as_it_is_now(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform
) -> None:
    drop(A, payments(payment("a")))
    discover(platform, "dropzone")
    drop(A, payments(payment("b"), payment("c")))
    ingest()
    assert query(LAKE) == [("b", "2024-05-01", 5), ("c", "2024-05-01", 5)]
    assert sorted(row.state for row in platform.ledger.queries.everything()) == ["loaded", "superseded"]


# -- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.direct
def test_a_file_of_several_days_touches_exactly_their_partitions(
    drop: Drop, ingest: Ingest, platform: Platform
) -> None:
    for day in range(1, 6):
        drop(f"payments_2024050{day}_100000.csv", payments(payment(f"own{day}", f"2024-05-0{day}")))
    ingest()
    before = {p: (Path(platform.lake.uri(p)).stat().st_ino) for p in platform.lake.paths("transactions")}
    drop(B, payments(*(payment(f"n{day}", f"2024-05-0{day}") for day in (1, 3, 4))))
    runs = ingest().runs
    after = {p: (Path(platform.lake.uri(p)).stat().st_ino) for p in platform.lake.paths("transactions")}
    assert [path.split("day=")[1][:2] for path in before if before[path] != after[path]] == ["01", "03", "04"]
    mine = [run for run in runs if run.table == "transactions"]
    assert [sum(run.size for run in mine if run.step == step) for step in ("load", "publish")] == [1, 3]


@pytest.mark.full
@pytest.mark.direct
def test_days_far_apart_and_out_of_order_are_loaded_in_few_runs(drop: Drop, ingest: Ingest, query: Query) -> None:
    days = ["2024-05-01", "2024-04-01", "2024-02-29", "2024-05-03", "2024-03-12"]
    for day in days:
        drop(f"payments_{day.replace('-', '')}_100000.csv", payments(payment(day, day)))
    runs = [run for run in ingest().runs if run.table == "transactions"]
    assert len(runs) == 8  # four ranges, each loaded and published: only two of the days are near each other
    assert [day for _, day, _ in query(LAKE)] == sorted(days)


def test_a_backfill_of_dates_loads_them_again_and_changes_no_row(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform, instance: dg.DagsterInstance
) -> None:
    for day in range(1, 5):
        drop(f"payments_2024050{day}_100000.csv", payments(payment("a", f"2024-05-0{day}"), payment("?", "?")))
    ingest()
    tables = ("validated.transactions", "lake.transactions", "summary.transactions")
    before = [sorted(query(f"SELECT * FROM {table}")) for table in tables]
    loaded = {row.path: row.loaded_at for row in platform.ledger.queries.everything()}
    assert rebuild(platform, instance, "2024-05-01", "2024-05-03")
    assert [sorted(query(f"SELECT * FROM {table}")) for table in tables] == before
    again = {row.path: row.loaded_at for row in platform.ledger.queries.everything()}
    assert [path for path in sorted(loaded) if again[path] > loaded[path]] == sorted(loaded)[:3]
    assert query("SELECT count(*) FROM quarantine.transactions") == [(4,)]
    assert [run.table for run in ingest().runs] == ["ingestion"]


@pytest.mark.full
def test_loading_everything_again_changes_no_row(drop: Drop, ingest: Ingest, query: Query, platform: Platform) -> None:
    drop(A, payments(payment("a"), payment("b", amount="minus one")))
    drop(B, payments(payment("a", amount=9)))
    ingest()
    tables = ("validated.transactions", "lake.transactions", "summary.transactions")
    before = [sorted(query(f"SELECT * FROM {table}")) for table in tables]
    assert platform.ledger.replays.load_again() == 2
    assert ingest().runs[0].size == 2
    assert [sorted(query(f"SELECT * FROM {table}")) for table in tables] == before


def test_a_day_is_rebuilt_from_the_raw_zone_when_the_source_is_empty(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform, instance: dg.DagsterInstance, home: Path
) -> None:
    drop(A, payments(payment("a"), payment("b")))
    ingest()
    before = query("SELECT * FROM lake.transactions")
    shutil.rmtree(home / "dropzone")
    shutil.rmtree(home / "lake")
    assert rebuild(platform, instance, "2024-05-01", "2024-05-01")
    assert query("SELECT * FROM lake.transactions") == before
