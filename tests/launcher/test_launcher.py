"""Runs in forked processes: they end, are ended, die, and outlive who launched them."""

import os
import signal
import sys
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin

from dropzone_assets.orchestration.definitions import build
from dropzone_assets.orchestration.launcher.heartbeat import holder
from dropzone_assets.orchestration.runs import RANGE
from dropzone_assets.settings import Settings
from tests.launcher.conftest import Daemon, until

pytestmark = pytest.mark.full

SUCCESS, FAILURE, CANCELED = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED


def status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found.status


def at_work(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int:
    """The pid of a run, once it is in its step."""
    until(lambda: any(event.is_dagster_event and event.dagster_event.is_step_start for event in logs(instance, run)))
    pid = holder(Path(instance.root_directory) / "workers" / run.run_id)
    assert pid
    return pid


def logs(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.EventLogEntry]:
    return list(instance.all_logs(run.run_id))


def health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> WorkerStatus:
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_run_ends_well_and_what_it_printed_is_kept(kept: dg.DagsterInstance, daemon: Daemon) -> None:
    run = daemon.start("quick")
    until(lambda: status(kept, run) is SUCCESS)
    printed = [file.read_text() for file in Path(kept.root_directory).rglob("*.out")]
    assert printed == ["good morning\n"]
    until(lambda: not list((Path(kept.root_directory) / "workers").iterdir()))


@pytest.mark.parametrize("name", ["slow", pytest.param("stubborn", marks=pytest.mark.long)])
def test_a_run_is_terminated_by_a_process_that_did_not_launch_it(
    name: str, kept: dg.DagsterInstance, daemon: Daemon
) -> None:
    run = daemon.start(name)
    pid = at_work(kept, run)
    kept.run_launcher._patience = 1.0
    assert health(kept, run) is WorkerStatus.RUNNING
    assert kept.run_coordinator.cancel_run(run.run_id)
    until(lambda: status(kept, run) is CANCELED)
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert not kept.run_launcher.terminate(run.run_id), "it was terminated already"


def test_a_run_whose_process_was_killed_has_failed_at_once(kept: dg.DagsterInstance, daemon: Daemon) -> None:
    run = daemon.start("slow")
    os.kill(at_work(kept, run), signal.SIGKILL)
    until(lambda: status(kept, run) is FAILURE, 10)
    assert "ended with exit code -9" in logs(kept, run)[-1].message


def test_the_process_that_forks_starts_with_the_daemon(daemon: Daemon) -> None:
    below = psutil.Process(daemon.process.pid)
    until(lambda: any("forkserver" in " ".join(each.cmdline()) for each in below.children()))


def test_runs_outlive_a_daemon_that_was_killed_and_the_next_one_knows_them(
    home: Path, kept: dg.DagsterInstance
) -> None:
    killed = Daemon(home, kept)
    lives, dies = killed.start("slow"), killed.start("slow")
    pids = at_work(kept, lives), at_work(kept, dies)
    zygote = parent(pids[0])
    assert zygote == parent(pids[1]) != killed.process.pid
    killed.process.kill()
    killed.end()
    os.kill(pids[1], signal.SIGKILL)
    until(lambda: health(kept, dies) is WorkerStatus.NOT_FOUND)
    assert health(kept, lives) is WorkerStatus.RUNNING
    assert kept.run_launcher.terminate(lives.run_id)
    until(lambda: status(kept, lives) is CANCELED)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in (*pids, zygote)))


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def test_the_process_that_forks_has_ended_when_the_daemon_has(kept: dg.DagsterInstance, home: Path) -> None:
    ended = Daemon(home, kept)
    run = ended.start("slow")
    pid = at_work(kept, run)
    zygote = parent(pid)
    assert kept.run_launcher.terminate(run.run_id)
    ended.end()
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in (pid, zygote)))


def test_a_run_sees_a_contract_that_came_after_the_process_that_forks_had_started(
    home: Path, kept: dg.DagsterInstance, daemon: Daemon
) -> None:
    until(lambda: status(kept, daemon.start("quick")))
    contract = (home / "contracts" / "songs.odcs.yaml").read_text()
    (home / "contracts" / "tunes.odcs.yaml").write_text(contract.replace("songs", "tunes"))
    definitions = build(Settings(home=home))
    job = definitions.resolve_implicit_global_asset_job_def()
    asked = dg.AssetKey(["raw", "tunes"])
    repository = RepositoryPythonOrigin(sys.executable, ModuleCodePointer("dropzone_assets.definitions", "defs"))
    run = daemon.launch(
        kept.create_run_for_job(
            job.get_subset(asset_selection={asked}),
            asset_selection=frozenset({asked}),
            tags=dict.fromkeys(RANGE, "2024-05-01"),
            job_code_origin=JobPythonOrigin(job.name, repository),
        )
    )
    until(lambda: status(kept, run) in (SUCCESS, FAILURE))
    assert status(kept, run) is SUCCESS, [event.message for event in logs(kept, run)]
