"""Sensors ask for a handful of runs, give the same answer twice, and say why when they ask for none."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from unittest.mock import patch

import dagster as dg
import pytest

from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger import now
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.orchestration.runs import DAY, RANGE, REQUEST
from dropzone_assets.pipeline import plan
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.plan import ATTEMPTS, SHORTEST
from dropzone_assets.platform import Platform
from tests.conftest import Drop
from tests.samples import events, payment, payments

WATCH, DUE = "watch_dropzone", "publish_due_partitions"

Tick = Callable[[str], Any]


@pytest.fixture
def definitions(platform: Platform) -> dg.Definitions:
    return build(platform.settings)


@pytest.fixture
def tick(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Tick:
    """Evaluate a sensor as the daemon does."""

    def tick(name: str) -> Any:
        sensor = definitions.resolve_sensor_def(name)
        with dg.build_sensor_context(
            instance=instance, resources=definitions.resources, definitions=definitions
        ) as context:
            return sensor.evaluate_tick(context)

    return tick


@pytest.fixture
def run(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Callable[[dg.RunRequest], bool]:
    """Make the run that a sensor asked for."""

    def run(request: dg.RunRequest) -> bool:
        return dg.materialize(
            [*definitions.assets, *definitions.asset_checks],
            selection=dg.AssetSelection.assets(*request.asset_selection),
            instance=instance,
            resources=definitions.resources,
            tags=dict(request.tags),
            raise_on_error=False,
        ).success

    return run


def start(instance: dg.DagsterInstance, request: dg.RunRequest) -> dg.DagsterRun:
    """A run on the instance that works on a request, as long as nobody says otherwise."""
    run = instance.create_run_for_job(dg.job(name="asked")(lambda: None), tags=dict(request.tags))
    instance.report_engine_event("started", run)
    return run


def days(request: dg.RunRequest) -> tuple[str, str]:
    if DAY in request.tags:
        return request.tags[DAY], request.tags[DAY]
    return request.tags[RANGE[0]], request.tags[RANGE[1]]


# -- what is new -------------------------------------------------------------------------------------------------------


def test_nothing_new_is_a_skip_with_a_reason(tick: Tick) -> None:
    answer = tick(WATCH)
    assert answer.run_requests == []
    assert answer.skip_message.startswith("0 files seen at dropzone: 0 new")


def test_ten_thousand_files_are_a_handful_of_requests_from_one_cheap_tick(
    home: Path, tick: Tick, platform: Platform
) -> None:
    first = date(2024, 1, 1)
    for n in range(10_000):
        (
            home
            / "dropzone"
            / f"payments_{first + timedelta(days=n % 50):%Y%m%d}_{n // 3000:02d}{n // 50 % 60:02d}00.csv"
        ).touch()
    begun = monotonic()
    answer = tick(WATCH)
    assert monotonic() - begun < 20
    assert len(answer.run_requests) <= 3
    assert sum(len(d) for d in platform.ledger.claims.claimed().values()) == 10_000
    assert {days(request) for request in answer.run_requests} == {("2024-01-01", "2024-02-19")}


def test_asked_twice_a_sensor_asks_for_the_same_runs(drop: Drop, tick: Tick) -> None:
    for day in (1, 2, 9, 20, 21, 30):
        drop(f"payments_202405{day:02d}_100000.csv", payments(payment("a")))
        drop(f"vehicles_events_202405{day:02d}100000.json", events())
    first, second = tick(WATCH), tick(WATCH)
    assert sorted(r.run_key for r in first.run_requests) == sorted(r.run_key for r in second.run_requests)
    assert [len(r.asset_selection) for r in first.run_requests] == [3] * len(first.run_requests)
    for table in ("transactions", "vehicle_events"):
        mine = [r for r in first.run_requests if r.asset_selection[0].path[-1] == table]
        assert 1 <= len(mine) <= 3


def test_a_request_is_a_range_of_partitions_that_exist(drop: Drop, tick: Tick, definitions: dg.Definitions) -> None:
    today = datetime.now(UTC).date()
    for day in (date(2013, 1, 1), today, today + timedelta(days=1)):
        drop(f"payments_{day:%Y%m%d}_000000.csv", payments(payment("a")))
    keys = definitions.resolve_asset_graph().get(dg.AssetKey(["raw", "transactions"])).partitions_def
    requests = tick(WATCH).run_requests
    assert sorted(days(r) for r in requests)[0] == ("2013-01-01", "2013-01-01")
    for request in requests:
        first, last = days(request)
        assert first <= last
        assert keys.has_partition_key(first) and keys.has_partition_key(last)
        assert request.partition_key is None


def test_a_tick_reads_no_file(drop: Drop, tick: Tick) -> None:
    files = [drop(f"payments_20240501_{hour:02d}0000.csv", payments(payment("a"))) for hour in range(20)]
    for file in files:
        file.chmod(0)
    os.mkfifo(files[0].with_name("payments_20240501_200000.csv"))  # whoever opens it waits for ever
    before = [file.stat().st_atime_ns for file in files]
    assert len(tick(WATCH).run_requests) == 1
    assert [file.stat().st_atime_ns for file in files] == before


def test_after_its_run_has_finished_there_is_nothing_to_ask_for(
    drop: Drop, tick: Tick, run: Callable[[dg.RunRequest], bool]
) -> None:
    drop("payments_20240501_100000.csv", payments(payment("a")))
    (request,) = tick(WATCH).run_requests
    assert run(request)
    answer = tick(WATCH)
    assert answer.run_requests == []
    assert answer.skip_message.startswith("1 files seen at dropzone: 0 new of which 0 refused")


def test_a_request_is_not_repeated_while_a_run_works_on_it(
    drop: Drop, tick: Tick, instance: dg.DagsterInstance
) -> None:
    drop("payments_20240501_100000.csv", payments(payment("a")))
    (request,) = tick(WATCH).run_requests
    start(instance, request)
    drop("payments_20240501_110000.csv", payments(payment("b")))
    (other,) = tick(WATCH).run_requests
    assert other.run_key != request.run_key


def test_a_run_that_died_is_asked_for_again_until_its_deliveries_have_failed(
    drop: Drop, tick: Tick, instance: dg.DagsterInstance, platform: Platform
) -> None:
    drop("payments_20240501_100000.csv", payments(payment("a")))
    keys = set()
    for _ in range(ATTEMPTS):
        (request,) = tick(WATCH).run_requests
        keys.add(request.run_key)
        instance.report_run_failed(start(instance, request), "killed")
    assert len(keys) == ATTEMPTS
    assert tick(WATCH).run_requests == []
    (failure,) = platform.ledger.queries.failures("transactions")
    assert str(ATTEMPTS) in failure.reason and "dropzone replay" in failure.cure


def test_a_source_that_cannot_be_listed_is_a_skip_that_names_it(home: Path, tick: Tick) -> None:
    (home / "dropzone").rmdir()
    (home / "dropzone").write_text("a file where a folder should be")
    answer = tick(WATCH)
    assert answer.run_requests == [] and "dropzone" in answer.skip_message


# -- what is due -------------------------------------------------------------------------------------------------------


def test_loaded_rows_make_their_days_due_and_published_ones_are_not(
    drop: Drop, tick: Tick, run: Callable[[dg.RunRequest], bool], platform: Platform
) -> None:
    assert "hold what the warehouse holds" in tick(DUE).skip_message
    drop("payments_20240501_100000.csv", payments(payment("a"), payment("b", "2024-05-02")))
    (load,) = tick(WATCH).run_requests
    assert run(load)
    for _ in range(3):
        first, second = tick(DUE).run_requests, tick(DUE).run_requests
        assert [r.run_key for r in first] == [r.run_key for r in second]
        assert all(run(request) for request in first)
    assert "hold what the warehouse holds" in tick(DUE).skip_message
    with open_query(platform) as connection:
        assert connection.execute("SELECT count(*) FROM summary.transactions").fetchone() == (2,)


def test_a_publication_that_failed_is_asked_for_again_after_a_while_or_when_rows_change(
    drop: Drop, tick: Tick, run: Callable[[dg.RunRequest], bool], instance: dg.DagsterInstance
) -> None:
    drop("payments_20240501_100000.csv", payments(payment("a")))
    assert run(tick(WATCH).run_requests[0])

    def asked() -> list[dg.RunRequest]:
        return [r for r in tick(DUE).run_requests if r.asset_selection and r.asset_selection[0].path[0] == "lake"]

    (request,) = asked()
    instance.report_run_failed(start(instance, request), "killed")
    assert asked() == []
    with patch.object(plan, "now", return_value=now() + SHORTEST):
        assert [r.tags[REQUEST] == request.tags[REQUEST] for r in asked()] == [True]
    drop("payments_20240501_110000.csv", payments(payment("b")))
    assert run(tick(WATCH).run_requests[0])
    assert [r.tags[REQUEST] != request.tags[REQUEST] for r in asked()] == [True]


def test_what_has_failed_is_in_its_folder_with_the_next_tick(home: Path, drop: Drop, tick: Tick) -> None:
    drop("nobody knows.txt", "?")
    tick(WATCH)
    tick(DUE)
    (link,) = [each for each in (home / "failed" / "read").iterdir() if each.is_symlink()]
    assert link.read_text() == "?"
    shutil.rmtree(home / "failed")
    (home / "failed").write_text("a file where a folder should be")
    assert tick(DUE).run_requests


def test_the_schedule_materializes_the_summaries_of_yesterday(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("yesterday_at_one")
    at = datetime(2024, 3, 1, 1, 0, tzinfo=UTC)
    repository = definitions.get_repository_def()
    with dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=repository, resources=definitions.resources
    ) as context:
        data = schedule.evaluate_tick(context)
    assert [request.partition_key for request in data.run_requests] == ["2024-02-29"]
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 1 * * *", "UTC")
    keys = definitions.resolve_job_def("yesterday").asset_layer.executable_asset_keys
    assert {key.path[0] for key in keys} == {"summary"} and len(keys) == 8


@pytest.fixture
def moving(home: Path) -> Path:
    """The source, whose files are moved once they are loaded."""
    entry = "{name: dropzone, url: dropzone, settle_seconds: 0, after: move, leave: loaded, move_to: done}"
    (home / "sources.yaml").write_text(f"sources:\n  - {entry}\n")
    return home / "dropzone"


def test_a_file_that_may_not_leave_keeps_nobody_from_coming_or_going(
    moving: Path, drop: Drop, tick: Tick, run: Callable[[dg.RunRequest], bool]
) -> None:
    stays = drop("payments_20240501_100000.csv", payments(payment("a")))
    goes = drop("sub/payments_20240502_100000.csv", payments(payment("b")))
    (moving / "done" / stays.name / "a folder").mkdir(parents=True)
    assert run(tick(WATCH).run_requests[0])
    drop("payments_20240503_100000.csv", payments(payment("c")))
    assert run(tick(WATCH).run_requests[0])
    assert stays.exists() and not goes.exists()
    assert "cannot be taken away" in tick(WATCH).skip_message


def test_what_was_taken_in_is_asked_for_while_the_source_does_not_answer(
    home: Path, drop: Drop, tick: Tick, platform: Platform
) -> None:
    drop("payments_20240501_100000.csv", payments(payment("a")))
    discover(platform, "dropzone")
    shutil.rmtree(home / "dropzone")
    (home / "dropzone").write_text("no folder")
    assert len(tick(WATCH).run_requests) == 1
