"""Runs whose process is gone hold nothing: `dropzone ingest` alone, or Dagster's own command, goes on."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import dagster as dg
import psutil
import pytest
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.orchestration.definitions import define
from dropzone_assets.orchestration.ingest import QUIET
from dropzone_assets.orchestration.instance import bury_dead_runs, open_instance, take_queued
from dropzone_assets.orchestration.launcher.heartbeat import alive, give
from dropzone_assets.orchestration.launcher.liveness import (
    announce_daemon,
    birth_of,
    daemon_lives,
    heartbeat_of,
    is_dead,
)
from dropzone_assets.orchestration.launcher.pools import DIED
from dropzone_assets.orchestration.runs import POOL, REQUEST, asset_keys, history, tags
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.plan import Request, plan_loads
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import Query
from tests.launcher.conftest import ROOT, until
from tests.launcher.jobs import quick
from tests.samples import payment, payments

FAILURE, CANCELED, QUEUED, STARTED = (
    dg.DagsterRunStatus[name] for name in ("FAILURE", "CANCELED", "QUEUED", "STARTED")
)
FILE = "payments_20240501_100000.csv"


def planned(home: Path, instance: dg.DagsterInstance) -> Request:
    """The load of one file, claimed in the ledger."""
    (home / "dropzone" / FILE).write_text(payments(payment("a")))
    platform = open_platform(Settings(home=home))
    discover(platform, "dropzone")
    (request,) = plan_loads(platform, history(instance))
    platform.ledger.engine.dispose()
    return request


def die(home: Path) -> None:
    """Load a file as a process of the daemon does, and be killed while the warehouse is held."""
    warnings.simplefilter("ignore")
    with open_instance(Settings(home=home)) as instance:
        request = planned(home, instance)
        job = define(open_platform(Settings(home=home))).resolve_implicit_global_asset_job_def()
        Partitions.touched = lambda *of: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign, assignment]
        job.get_subset(asset_selection={*asset_keys(request)}).execute_in_process(
            instance=instance, tags=tags(request), run_config=QUIET
        )


@pytest.fixture
def dead(home: Path, kept: dg.DagsterInstance) -> dg.DagsterRun:
    """A run that was killed, and holds its place in the pool and its batch."""
    process: ForkServerProcess = multiprocessing.get_context("forkserver").Process(target=die, args=(home,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (run,) = kept.get_runs()
    assert run.status is STARTED
    assert holders(kept) == {run.run_id}
    return run


def holders(instance: dg.DagsterInstance) -> set[str]:
    """The runs that hold a place in the pool."""
    return {slot.run_id for slot in instance.event_log_storage.get_concurrency_info(POOL).claimed_slots}


def status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found.status


def started(home: Path, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", *command],
        env={**os.environ, "DROPZONE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"), "COLUMNS": "200"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ingest(home: Path, *options: str) -> "subprocess.Popen[str]":
    return started(home, "-c", "from dropzone_assets.cli import main; main()", "ingest", *options)


def ingested(home: Path) -> tuple[int, dict[str, Any]]:
    """What `dropzone ingest` comes to."""
    process = ingest(home, "--json")
    said, wrong = process.communicate(timeout=120)
    assert said, wrong
    return process.returncode, json.loads(said)


@pytest.mark.full
def test_an_ingest_loads_what_a_killed_run_of_the_daemon_was_at(
    dead: dg.DagsterRun, home: Path, kept: dg.DagsterInstance, query: Query
) -> None:
    code, said = ingested(home)
    assert (code, said["runs_found_dead"], said["files_loaded"], said["files_waiting"]) == (0, 1, 1, [])
    assert status(kept, dead) is FAILURE
    assert DIED in list(kept.all_logs(dead.run_id))[-1].message
    assert holders(kept) == set()
    assert query("SELECT count(*) FROM lake.transactions") == [(1,)]


@pytest.mark.long
def test_a_command_of_dagster_does_not_wait_for_a_killed_run(
    dead: dg.DagsterRun, home: Path, kept: dg.DagsterInstance
) -> None:
    select = ("--select", "key:validated/transactions,key:quarantine/transactions", "--partition", "2024-05-01")
    process = started(home, "-m", "dagster", "asset", "materialize", "-m", "dropzone_assets.definitions", *select)
    said, wrong = process.communicate(timeout=240)
    assert process.returncode == 0, said + wrong
    assert status(kept, dead) is FAILURE


@pytest.mark.long
def test_a_wait_for_a_run_that_lives_costs_nothing_and_hears_a_signal(home: Path, kept: dg.DagsterInstance) -> None:
    planned(home, kept)
    lives = kept.create_run_for_job(quick, status=STARTED)
    with alive(heartbeat_of(kept, lives.run_id)):
        kept.event_log_storage.initialize_concurrency_limit_to_default(POOL)
        assert kept.event_log_storage.claim_concurrency_slot(POOL, lives.run_id, "step").is_claimed
        waiting = ingest(home)
        until(lambda: kept.event_log_storage.get_concurrency_info(POOL).pending_step_count, 240)
        process = psutil.Process(waiting.pid)
        before, begin = sum(process.cpu_times()[:2]), time.monotonic()
        time.sleep(4)
        used = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - begin)
        waiting.send_signal(signal.SIGINT)
        _, wrong = waiting.communicate(timeout=30)
    assert used < 0.25
    assert (waiting.returncode, "Traceback" in wrong) == (130, False)
    assert status(kept, lives) is STARTED
    assert ingested(home)[1]["files_loaded"] == 1


def queued(home: Path, instance: dg.DagsterInstance) -> dg.DagsterRun:
    """A run that waits for a daemon, with its batch."""
    return in_queue(instance, {REQUEST: planned(home, instance).id})


def in_queue(instance: dg.DagsterInstance, said: dict[str, str]) -> dg.DagsterRun:
    remote = RemoteJobOrigin(RemoteRepositoryOrigin(GrpcServerCodeLocationOrigin("localhost", 1), "jobs"), "quick")
    return instance.create_run_for_job(quick, status=QUEUED, tags=said, remote_job_origin=remote)


@pytest.mark.long
def test_an_ingest_does_the_work_of_runs_that_wait_for_a_daemon_that_is_not_there(
    home: Path, kept: dg.DagsterInstance
) -> None:
    run = queued(home, kept)
    code, said = ingested(home)
    assert (code, said["runs_taken_over"], said["files_loaded"]) == (0, 1, 1)
    assert status(kept, run) is CANCELED


@pytest.mark.full
def test_an_ingest_leaves_the_runs_of_a_daemon_that_is_there_alone(home: Path, kept: dg.DagsterInstance) -> None:
    run = queued(home, kept)
    with give(Path(kept.root_directory) / "daemons" / str(os.getpid())):
        code, said = ingested(home)
    assert (code, said["runs_taken_over"], said["files_loaded"], said["files_in_other_runs"]) == (0, 0, 0, 1)
    assert status(kept, run) is QUEUED


def test_a_run_that_was_never_begun_is_dead_once_no_daemon_can_begin_it(home: Path, kept: dg.DagsterInstance) -> None:
    run = kept.create_run_for_job(quick, tags={REQUEST: "batch"})
    with give(Path(kept.root_directory) / "daemons" / "1"):
        assert daemon_lives(kept)
        assert not is_dead(kept, run)
    assert not daemon_lives(kept)
    with alive(birth_of(kept, run.run_id)):
        time.sleep(2.1)  # it is old enough
        assert not is_dead(kept, run)
    until(lambda: is_dead(kept, run), 10)
    assert [each.run_id for each in bury_dead_runs(kept, {"whose": "nobody's"})] == [run.run_id]
    assert status(kept, run) is FAILURE


def test_with_daemons_that_give_no_sign_a_heartbeat_is_believed(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert not daemon_lives(instance)
        beat = MagicMock(timestamp=time.time() - 10)
        heartbeats = MagicMock(return_value={"SENSOR": beat})
        instance.get_daemon_heartbeats = heartbeats  # type: ignore[method-assign]
        assert daemon_lives(instance)
        beat.timestamp = time.time() - 100
        assert not daemon_lives(instance)


def test_runs_of_others_stay_in_the_queue(home: Path, kept: dg.DagsterInstance) -> None:
    run = in_queue(kept, {})
    assert take_queued(kept) == []
    assert status(kept, run) is QUEUED


def test_a_daemon_takes_away_the_signs_of_those_that_died(home: Path, kept: dg.DagsterInstance) -> None:
    folder = Path(kept.root_directory) / "daemons"
    folder.mkdir()
    (folder / "4711").write_text("4711")
    announce_daemon(kept)
    assert [heartbeat.name for heartbeat in folder.iterdir()] == [str(os.getpid())]
    assert daemon_lives(kept)
