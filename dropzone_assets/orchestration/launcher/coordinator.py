"""A run coordinator that launches a run at once when there is room, and queues it otherwise."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster._core.instance.config import PoolGranularity
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from dagster._serdes import ConfigurableClassData
from filelock import FileLock

from dropzone_assets.orchestration.launcher.launcher import ForkedRunLauncher
from dropzone_assets.orchestration.launcher.liveness import announce_daemon
from dropzone_assets.sqlite import write_ahead

ACTIVE = [dg.DagsterRunStatus.QUEUED, *IN_PROGRESS_RUN_STATUSES]


class PromptRunCoordinator(dg.QueuedRunCoordinator):
    """Dagster's queue, in which nobody waits while there is room.

    The limits are those of the queue. Runs that wait and runs that are at work are counted in one look, and both ways
    in are under one lock; so the daemon, which takes runs from the queue, and whoever submits one never start one too
    many. Where limits are told by tags, or pools are counted by runs, every run goes through the queue, which can count
    them.
    """

    announces = True
    """A daemon with this coordinator gives a sign of life."""

    def __init__(self, sensor_seconds: float = 0.0, inst_data: ConfigurableClassData | None = None, **queue: Any):
        """Keep `queue`, what Dagster's queue may be told, and quicken the daemon in whose process this is."""
        super().__init__(**queue, inst_data=inst_data)
        write_ahead()
        daemon = sys.modules.get("dagster._daemon.sensor")
        if sensor_seconds and daemon:
            # Dagster starts a round of sensors every 5 s and has no setting for it. Their own intervals still hold.
            daemon.__dict__["MIN_INTERVAL_LOOP_TIME"] = sensor_seconds

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """What `run_coordinator: config:` in dagster.yaml may say: what the queue may be told, and `sensor_seconds`."""
        paced = dg.Field(dg.Float, is_required=False, description="Seconds between two rounds of sensors.")
        return {**super().config_type(), "sensor_seconds": paced}  # type: ignore[dict-item]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """The coordinator that dagster.yaml describes."""
        return cls(**config_value, inst_data=inst_data)

    @property
    def dequeue_interval_seconds(self) -> int:
        """Seconds between two looks at the queue. Only the daemon asks, as it starts, announced and ready."""
        announce_daemon(self._instance)
        launcher = self._instance.run_launcher
        if isinstance(launcher, ForkedRunLauncher):
            launcher.get_ready()
        return super().dequeue_interval_seconds

    def submit_run(self, context: dg.SubmitRunContext) -> dg.DagsterRun:
        """Launch the run, or queue it."""
        run, workspace = context.dagster_run, context.workspace
        with FileLock(Path(self._instance.root_directory) / ".submitting"):
            if workspace and run.status is dg.DagsterRunStatus.NOT_STARTED and self._room():
                return self._instance.launch_run(run.run_id, workspace)
            return super().submit_run(context)

    def _room(self) -> bool:
        limits = self._instance.get_concurrency_config()
        queue = limits.run_queue_config
        if queue is None or queue.tag_concurrency_limits or limits.pool_config.pool_granularity is PoolGranularity.RUN:
            return False
        active = self._instance.get_runs_count(dg.RunsFilter(statuses=ACTIVE))
        return queue.max_concurrent_runs < 0 or active < queue.max_concurrent_runs
