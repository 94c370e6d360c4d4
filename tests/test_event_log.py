"""Dagster's history is written on connections that stay open, and is the history that Dagster reads."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from dropzone_assets.event_log import KEPT, EventLog
from dropzone_assets.instance import open_instance
from dropzone_assets.settings import Settings

RUNS = [f"run{n}" for n in range(KEPT + 2)]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(Settings(home=tmp_path)) as instance:
        yield instance


def history(log: SqliteEventLogStorage) -> dict[str, list[str]]:
    return {run: [entry.message for entry in log.get_logs_for_run(run)] for run in RUNS}


def test_dagsters_own_log_reads_what_ours_writes(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    for said in ("first", "second"):
        for run in RUNS:
            instance.report_engine_event(f"{said} of {run}", job_name="job", run_id=run)
    instance.report_runless_asset_event(dg.AssetMaterialization("table", partition="2024-05-01"))
    ours, theirs = instance.event_log_storage, SqliteEventLogStorage(str(tmp_path / "dagster" / "history" / "runs"))
    assert isinstance(ours, EventLog)
    assert (
        history(ours) == history(theirs) == {run: [f"{said} of {run}" for said in ("first", "second")] for run in RUNS}
    )
    assert theirs.get_materialized_partitions(dg.AssetKey("table")) == {"2024-05-01"}


def test_what_was_deleted_or_wiped_is_gone(instance: dg.DagsterInstance) -> None:
    for run in RUNS:
        instance.report_engine_event("an event", job_name="job", run_id=run)
    log = instance.event_log_storage
    log.delete_events(RUNS[0])
    assert [bool(log.get_logs_for_run(run)) for run in RUNS[:2]] == [False, True]
    log.wipe()
    instance.report_engine_event("afterwards", job_name="job", run_id=RUNS[1])
    assert [len(log.get_logs_for_run(run)) for run in RUNS[:2]] == [0, 1]
