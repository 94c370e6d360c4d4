"""A partition that is not in the lake yet is named, with why, and files wait at their source for it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from dropzone_assets import holders
from dropzone_assets.cli.app import app
from dropzone_assets.engine import attached, connect
from dropzone_assets.errors import DropzoneError, WarehouseBusy
from dropzone_assets.ledger import now
from dropzone_assets.orchestration.assets import described
from dropzone_assets.orchestration.runs import history
from dropzone_assets.pipeline.plan import plan_publications
from dropzone_assets.pipeline.unpublished import spans, unpublished
from dropzone_assets.platform import open_platform
from dropzone_assets.proof.check_results import all_published
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.failed_folder import write_failed_folder
from tests.conftest import Drop, Ingest
from tests.pipeline import A, Pipeline
from tests.samples import payment, payments

Say = Callable[..., str]


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """What a command prints."""
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, list(words)).output


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails is not tried again in its run."""
    monkeypatch.setattr(described, "RETRIES", dg.RetryPolicy(max_retries=0))


def break_lake(home: Path) -> Path:
    """Put a file where the folder of the table should be: the lake cannot take anything of it."""
    location = home / "lake" / "transactions"
    location.parent.mkdir(parents=True, exist_ok=True)
    location.write_text("no folder")
    return location


@pytest.mark.usefixtures("once")
def test_a_partition_that_cannot_be_published_is_named_everywhere_until_it_is(
    home: Path, drop: Drop, ingest: Ingest, say: Say
) -> None:
    obstacle = break_lake(home)
    drop(A, payments(payment("a")))
    assert ingest(well=False).failed_runs
    platform = open_platform(Settings(home=home))
    (one,) = [each for each in unpublished(platform) if each.layer == "lake"]
    assert (one.table, one.day, one.times) == ("transactions", date(2024, 5, 1), 1)
    assert str(home / "lake") in one.reason and one.since <= now()
    said = say("status", "--failed")
    assert "lake/transactions 2024-05-01: 1 try, since" in said and one.reason in said
    assert "Unpublished" in say("status")
    (found,) = json.loads(say("status", "--failed", "--json"))["unpublished"]
    assert found["reason"] == one.reason
    write_failed_folder(platform)
    (note,) = (home / "failed" / "upload").iterdir()
    assert note.name.startswith("lake-transactions-2024-05-01-") and one.reason in note.read_text()
    assert not all_published(platform).kept
    assert write_failed_folder(platform) == 0

    ingest(well=False)
    assert [(each.times, each.since) for each in unpublished(platform)] == [(2, one.since)]
    assert write_failed_folder(platform) == 1 and "2 times" in note.read_text()

    obstacle.unlink()
    ingest()
    assert unpublished(platform) == [] and all_published(platform).kept
    write_failed_folder(platform)
    assert not note.exists()
    assert "Not published" not in say("status", "--failed")
    platform.ledger.engine.dispose()


@pytest.mark.usefixtures("once")
def test_a_publication_that_waits_says_when_it_is_tried_again(
    home: Path, drop: Drop, ingest: Ingest, instance: dg.DagsterInstance
) -> None:
    break_lake(home)
    drop(A, payments(payment("a")))
    ingest(well=False)
    platform = open_platform(Settings(home=home))
    plan_publications(platform, history(instance))
    (one,) = [each for each in unpublished(platform) if each.layer == "lake"]
    assert one.again and one.tried < one.again <= one.tried + timedelta(minutes=1)
    platform.ledger.engine.dispose()


def test_a_publication_whose_run_dies_is_named_too(home: Path, drop: Drop, instance: dg.DagsterInstance) -> None:
    pipeline = Pipeline(home)
    drop(A, payments(payment("a")))
    pipeline.all()
    (wanted,) = [
        each for each in plan_publications(pipeline.platform, history(instance)) if each.table == "transactions"
    ]
    assert unpublished(pipeline.platform) == []
    run = instance.create_run_for_job(_job, tags={"dropzone/request": wanted.id})
    instance.report_run_failed(run)
    plan_publications(pipeline.platform, history(instance), patient=False)
    (one,) = unpublished(pipeline.platform)
    assert "ended early" in one.reason
    pipeline.bring_up_to_date()
    assert unpublished(pipeline.platform) == []
    pipeline.platform.ledger.engine.dispose()


@dg.job
def _job() -> None:
    """Nothing."""


def test_only_what_is_due_is_said_to_fail(home: Path, drop: Drop) -> None:
    pipeline = Pipeline(home)
    drop(A, payments(payment("a")))
    pipeline.all()
    pipeline.bring_up_to_date()
    pipeline.platform.ledger.outages.failed("transactions", [date(2024, 5, 1)], DropzoneError("no"))
    assert unpublished(pipeline.platform) == []
    pipeline.platform.ledger.engine.dispose()


def test_days_are_said_in_spans() -> None:
    assert spans([date(2024, 5, day) for day in (4, 1, 2, 3, 9)]) == "2024-05-01 … 2024-05-04, 2024-05-09"


# -- who holds the warehouse -------------------------------------------------------------------------------------------


@contextmanager
def held(warehouse: Path, *, read_only: bool) -> Iterator[int]:
    """Another program has the warehouse open; its pid."""
    program = f"import duckdb; c = duckdb.connect({str(warehouse)!r}, read_only={read_only}); print('held'); input()"
    with subprocess.Popen(
        [sys.executable, "-uc", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdin
        process.stdout.readline()
        yield process.pid
        process.stdin.write("\n")


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system has no table of locks")
def test_status_says_who_holds_the_warehouse_and_since_when(
    home: Path, drop: Drop, say: Say, read_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders, "LONG", 0.2)
    pipeline = Pipeline(home)
    drop(A, payments(payment("a")))
    pipeline.all()
    pipeline.platform.ledger.engine.dispose()
    assert "Held" not in say("status")
    with held(pipeline.platform.settings.warehouse, read_only=read_only) as pid:
        said = say("status")
        assert f"(PID {pid}), which was started at {now():%Y-%m-%d}" in said and "Held" in said
        assert json.loads(say("status", "--json"))["warehouse_held_by"]["pid"] == pid


def test_who_waits_for_the_warehouse_in_vain_says_who_holds_it(tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    with held(warehouse, read_only=False) as pid:
        said = rf"held for 0 s by .*python.* \(PID {pid}\)"
        with pytest.raises(WarehouseBusy, match=said), attached(connect(), warehouse, read_only=True, patience=0):
            pass
