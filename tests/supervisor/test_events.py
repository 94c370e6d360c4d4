"""What `up` tells of files, days, runs and sources."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat

from dropzone_assets.ledger import now
from dropzone_assets.orchestration.supervisor.events import Events
from dropzone_assets.platform import Platform
from tests.conftest import Drop, Ingest
from tests.pipeline import A, B, of


@pytest.fixture
def events(platform: Platform, instance: dg.DagsterInstance) -> Iterator[Events]:
    return Events(platform.ledger, instance, "http://here")


def test_a_file_arrives_and_is_loaded_and_its_day_is_in_the_lake(events: Events, drop: Drop, ingest: Ingest) -> None:
    drop(A, of("a"))
    ingest()
    assert list(events.files()) == [
        f"transactions: {A} arrived",
        f"transactions: {A} loaded: 1 rows read: 1 valid, 0 quarantined",
        "transactions: 2024-05-01 in the lake",
    ]
    assert list(events.files()) == []


def test_many_files_are_one_line_and_failures_are_named(events: Events, drop: Drop, ingest: Ingest) -> None:
    for n in range(5):
        drop(f"payments_20240304_0{n}0000.csv", of(f"a{n}"))
        drop(f"nobodys{n}.txt", "x")
    ingest()
    told = list(events.files())
    assert "transactions: 5 files of dropzone loaded" in told
    assert sum(line.startswith("nobodys") for line in told) == 3
    assert "2 more files of dropzone failed; see: dropzone status --failed" in told


def test_what_happened_before_is_not_told(
    platform: Platform, instance: dg.DagsterInstance, drop: Drop, ingest: Ingest
) -> None:
    drop(A, of("a"))
    ingest()
    events = Events(platform.ledger, instance, "http://here")
    assert list(events.files()) == []
    drop(B, of("b"))
    ingest()
    assert f"transactions: {B} arrived" in list(events.files())


def test_a_run_that_failed_is_told_once_with_its_page(events: Events, instance: dg.DagsterInstance) -> None:
    @dg.job
    def breaks() -> None:
        @dg.op
        def broken() -> None:
            raise ValueError

        broken()

    run = breaks.execute_in_process(instance=instance, raise_on_error=False)
    assert list(events.runs()) == [f"A run of breaks failed: http://here/runs/{run.run_id}"]
    assert list(events.runs()) == []


def test_a_source_that_cannot_be_listed_is_told_once_and_so_is_its_return(events: Events, platform: Platform) -> None:
    platform.ledger.listings.record("far", now(), 0, "It does not answer.")
    assert list(events.troubles()) == ["source far cannot be listed: It does not answer."]
    assert list(events.troubles()) == []
    platform.ledger.listings.record("far", now(), 0)
    assert list(events.troubles()) == ["source far can be listed again"]


def test_another_daemon_on_the_same_home_is_told(events: Events, instance: dg.DagsterInstance) -> None:
    told = []
    for at, name in enumerate(["ours", "ours", "theirs", "ours"]):
        instance.add_daemon_heartbeat(DaemonHeartbeat(float(at), "SENSOR", name))
        told.append(list(events.troubles()))
    assert told[:3] == [[], [], []]
    assert "Another Dagster daemon works on this home too" in told[3][0]
