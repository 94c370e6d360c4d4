"""A run launcher that forks: a run starts with everything imported, in milliseconds instead of seconds."""

import multiprocessing
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Thread
from typing import Any, Self, cast

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._core.origin import JobPythonOrigin
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from dropzone_assets.errors import Transient
from dropzone_assets.orchestration.launcher.heartbeat import alive, holder, stop
from dropzone_assets.orchestration.launcher.liveness import birth_of
from dropzone_assets.orchestration.launcher.worker import work

PRELOAD = (
    "dropzone_assets.definitions",
    "dropzone_assets.formats.csv",
    "dropzone_assets.formats.json",
    "dropzone_assets.orchestration.launcher.worker",
    "dropzone_assets.sources.folder",
    "dagster._cli",
    "dagster._core.execution.plan.active",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.storage.sqlite_storage",
    "numpy",
    "upath.implementations.local",
    "dropzone_assets.orchestration.warm_up",
)
"""Modules that the zygote imports: what every run would. One that is not there is left to the run.

Importing the definitions reads no contract: each run reads them anew. The warm-up has a contract of its own.
"""


class ForkedRunLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Launches each run in a process forked from one that has the libraries loaded (the zygote).

    The zygote starts with the daemon, elsewhere with the first run, and ends with the process that launches, once the
    last of its runs has ended: runs outlive a daemon that is stopped or killed, and finish. Any process with the same
    instance on the same machine can ask whether a run lives, and stop it.
    """

    def __init__(
        self, preload: Sequence[str] = PRELOAD, patience: float = 10.0, inst_data: ConfigurableClassData | None = None
    ) -> None:
        """Start nothing.

        Args:
            preload: modules to have imported before a run starts. Their code is that of the zygote's start.
            patience: seconds that a run has to end when it is terminated, before it is killed.
            inst_data: where Dagster found this class.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self._preload, self._patience, self._inst_data = list(preload), patience, inst_data

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """Where Dagster found this class."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """What `run_launcher: config:` in dagster.yaml may say."""
        return {
            "preload": dg.Field([str], is_required=False, default_value=list(PRELOAD)),
            "patience": dg.Field(dg.Float, is_required=False, default_value=10.0),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The launcher that dagster.yaml describes."""
        return cls(**config_value, inst_data=inst_data)

    def get_ready(self) -> None:
        """Start the zygote, unless it has started. This does not wait for it."""
        multiprocessing.get_context("forkserver").set_forkserver_preload(self._preload)
        forkserver.ensure_running()

    def launch_run(self, context: LaunchRunContext) -> None:
        """Fork a process for the run; once this returns, the process lives or has ended.

        Raises:
            Transient: the process died at birth.
        """
        run = context.dagster_run
        origin = cast(JobPythonOrigin, run.job_code_origin)  # a submitted run has one
        command = ExecuteRunArgs(origin, run.run_id, self._instance.get_ref()).get_command_args()
        forking = multiprocessing.get_context("forkserver")
        self.get_ready()
        here, there = forking.Pipe(duplex=False)
        process = forking.Process(target=work, args=(self._heartbeat(run.run_id), list(command[-3:]), there))
        with alive(birth_of(self._instance, run.run_id)):
            process.start()
            there.close()
            with here:
                pid = _born(here, run.run_id)
        self._instance.report_engine_event(f"Forked a process for the run (pid: {pid}).", run, cls=type(self))
        Thread(target=self._see_out, args=(process, run.run_id), name=f"run {run.run_id[:8]}", daemon=True).start()

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run, and kill it when it goes on for all that; whether there was a process to end."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        lived = stop(self._heartbeat(run_id), self._patience)
        left = self._instance.get_run_by_id(run_id)
        if left and not left.is_finished:
            self._instance.report_run_canceled(left, "The process of this run is gone.")
        return lived

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring may ask."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a run lives, whoever launched it."""
        if holder(self._heartbeat(run.run_id)):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "The process of this run ended without a word.")

    def _heartbeat(self, run_id: str) -> Path:
        return Path(self._instance.root_directory) / "workers" / run_id

    def _see_out(self, process: ForkServerProcess, run_id: str) -> None:
        """Wait for the end of a process; a run that has not ended with it has failed."""
        process.join()
        run = self._instance.get_run_by_id(run_id) if self.has_instance else None
        if run and not run.is_finished and run.status is not dg.DagsterRunStatus.CANCELING:
            self._instance.report_run_failed(run, f"The process of this run ended with exit code {process.exitcode}.")


def _born(ready: "Connection[None, int]", run_id: str) -> int:
    try:
        return ready.recv()
    except EOFError as error:
        found = f"The process that was forked for run {run_id} died at once."
        raise Transient(found, "See what the daemon printed, and whether the machine has memory left.") from error
