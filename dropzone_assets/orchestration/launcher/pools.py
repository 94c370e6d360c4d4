"""Steps that wait for a place in a pool: asleep, ready to be interrupted, and never for a run that is dead.

Dagster's executor asks again without a pause (the smallest of zero and the time that is left is zero), under handlers
that only note a signal, and does not ask whether who holds the place lives. There is no public way in; where Dagster is
another, it stays as Dagster has it.
"""

from contextlib import ExitStack
from functools import cache
from time import monotonic, time
from types import TracebackType
from typing import Self

import dagster as dg
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.executor import in_process
from dagster._utils.interrupts import pop_captured_interrupt

from dropzone_assets.orchestration.launcher.heartbeat import alive, holder
from dropzone_assets.orchestration.launcher.liveness import heartbeat_of, is_dead

LOOK = 5.0
"""Seconds between two questions whether who holds a place lives."""

NAP = 0.25
"""Seconds that a wait sleeps at most before it looks whether it is interrupted."""

DIED = "The process of this run ended without a word."


class PatientConcurrencyContext(InstanceConcurrencyContext):
    """What a run knows of pools. As long as it works, the run gives a sign of life."""

    def __init__(self, instance: dg.DagsterInstance, dagster_run: dg.DagsterRun) -> None:
        """Ask for nothing yet."""
        super().__init__(instance, dagster_run)
        self._heartbeat = heartbeat_of(instance, dagster_run.run_id)
        self._signs = ExitStack()
        self._looked = monotonic() - LOOK

    def __enter__(self) -> Self:
        """Give the sign, unless the process gives it already."""
        if not holder(self._heartbeat):
            self._signs.enter_context(alive(self._heartbeat))
        return super().__enter__()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for nothing any more."""
        with self._signs:
            super().__exit__(exc_type, exc_value, traceback)

    def claim(self, concurrency_key: str, step_key: str, step_priority: int = 0) -> bool:
        """A place in a pool, if there is one now; who holds one and is dead gives it back."""
        if monotonic() > self._looked + LOOK and step_key in self._pending_claims:
            self._looked = monotonic()
            free_pool(self._instance, concurrency_key)
        if super().claim(concurrency_key, step_key, step_priority):
            return True
        if pop_captured_interrupt():
            raise dg.DagsterExecutionInterruptedError
        return False

    def interval_to_next_pending_claim_check(self) -> float:
        """Seconds to sleep."""
        ahead = [ready_at - time() for ready_at in self._pending_timeouts.values()]
        return max(0.0, min([NAP, *ahead])) if self._pending_claims else 0.0


@cache
def wait_patiently() -> None:
    """From now on runs in this process wait for places in pools as this module says."""
    if in_process.__dict__.get("InstanceConcurrencyContext") is InstanceConcurrencyContext:
        in_process.__dict__["InstanceConcurrencyContext"] = PatientConcurrencyContext


def free_pool(instance: dg.DagsterInstance, pool: str) -> list[dg.DagsterRun]:
    """Take the places of a pool from runs that are over or dead; the dead ones, which have failed now."""
    events = instance.event_log_storage
    if not events.supports_global_concurrency_limits:
        return []
    info, buried = events.get_concurrency_info(pool), []
    holders = {slot.run_id for slot in info.claimed_slots} | {step.run_id for step in info.pending_steps}
    for run_id in holders:
        run = instance.get_run_by_id(run_id)
        if run and not run.is_finished and is_dead(instance, run):
            buried += bury(instance, run)
            run = None
        if run is None or run.is_finished:
            events.free_concurrency_slots_for_run(run_id)
    return buried


def bury(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.DagsterRun]:
    """Mark a dead run as failed, or as canceled where that was asked for; the run, unless it has ended meanwhile."""
    now = instance.get_run_by_id(run.run_id)
    if now is None or now.is_finished:
        return []
    if now.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(now, DIED)
    else:
        instance.report_run_failed(now, DIED)
    heartbeat_of(instance, run.run_id).unlink(missing_ok=True)
    return [now]
