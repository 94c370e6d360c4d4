"""Ingest: everything new, now, in this process, through real Dagster runs recorded on the instance."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, sleep
from uuid import uuid4

import dagster as dg
from filelock import FileLock, Timeout

from dropzone_assets.errors import DropzoneError, Transient
from dropzone_assets.interrupts import heard
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.orchestration.definitions import define
from dropzone_assets.orchestration.instance import bury_dead_runs, take_queued
from dropzone_assets.orchestration.launcher.in_process import run_in_process
from dropzone_assets.orchestration.runs import REQUEST, asset_keys, check_keys, history, tags
from dropzone_assets.pipeline.discover import Discovered, discover
from dropzone_assets.pipeline.generations import stopped
from dropzone_assets.pipeline.plan import History, Request, plan_alerts, plan_loads, plan_publications
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.receipts import send_receipts
from dropzone_assets.upkeep.retire import retire
from dropzone_assets.upkeep.sweep import sweep

BY = {"dropzone/by": "dropzone ingest"}
"""Run tag of runs that live in a process of `ingest`."""

NO_RETRY = {"dagster/max_retries": "0"}
"""Run tag: what a run of `ingest` leaves undone is the next plan's, so the daemon does not make the run again."""

PATIENCE = 10.0
"""Seconds to wait for files that were dropped a moment ago."""

ROUNDS = 8
"""Archives come first, then loads, which make partitions due, then the ingestion summary; some rounds are spare."""

STOPPED = "dropzone ingest was interrupted."
"""What is said of a run that a person stops, and of its files."""

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Ingested:
    """What an ingest came to: files seen, new, gone; sources out of reach; the runs it made, and those that failed.

    `died`: runs of other processes that were found dead. `queued`: those that waited for a daemon that is not there.
    """

    seen: int = 0
    new: int = 0
    refused: int = 0
    gone: int = 0
    waiting: int = 0
    unavailable: dict[str, DropzoneError] = field(default_factory=dict)
    runs: list[Request] = field(default_factory=list)
    failed_runs: list[tuple[Request, str]] = field(default_factory=list)
    died: int = 0
    queued: int = 0


class Ingester:
    """One ingest: `discover` lists the sources, `requests` gives the runs to make, `run` makes one."""

    def __init__(self, platform: Platform, instance: dg.DagsterInstance) -> None:
        self.platform = platform
        self.instance = instance
        self.result = Ingested()
        self._now: tuple[Request, str] | None = None

    def discover(self) -> Ingested:
        """Look at every source, and wait a little for files that have not settled. One that fails stops no other."""
        deadline = monotonic() + PATIENCE
        while True:
            self._count([discovered for name in self.platform.configs if (discovered := self._discover(name))])
            if not self.result.waiting or monotonic() > deadline:
                return self.result
            sleep(0.25)

    def requests(self) -> Iterator[Request]:
        """The runs to make, until nothing is new and nothing is due, or only what failed a moment ago."""
        if stopped(self.platform):  # whoever asks `losses` is told why
            return
        past = self._past()
        self.platform.ledger.claims.hasten()
        for _ in range(ROUNDS):
            self.take_over()
            before = len(self.result.runs)
            yield from self._hopeful(plan_loads(self.platform, past))
            publications = self._hopeful(plan_publications(self.platform, past, patient=False))
            yield from [due for due in publications if due.table != INGESTION] or publications
            yield from self._hopeful(plan_alerts(self.platform, past, now(), patient=False))
            if len(self.result.runs) == before:
                self._finish()
                return

    def take_over(self) -> None:
        """What dead runs were at, and what waits for a daemon that is not there, is free again."""
        self.result.died += len(bury_dead_runs(self.instance, BY))
        for run in take_queued(self.instance):
            self.result.queued += 1
            self.platform.ledger.claims.put_back(run.tags[REQUEST], "Its run waited for a daemon that is not there.")

    def other_batches(self) -> dict[str, int]:
        """Batches of runs that have not ended, those of other processes: how many files each has."""
        past = history(self.instance)
        batches = self.platform.ledger.claims.claimed().items()
        return {batch: len(files) for batch, files in batches if past(batch).active}

    def run(self, request: Request) -> bool:
        """Make one run; whether it went well.

        Raises:
            KeyboardInterrupt: a signal has come; what was begun is let go.
        """
        self._now = request, str(uuid4())
        try:
            well = self._run(*self._now)
            if heard():
                raise KeyboardInterrupt
        except (KeyboardInterrupt, SystemExit):
            self.let_go()
            raise
        self._now = None
        return well

    def let_go(self) -> None:
        """A person stops this: the run that is at work is canceled, and its files are free. Any thread may do this."""
        if self._now:
            request, identity = self._now
            run = self.instance.get_run_by_id(identity)
            if run and not run.is_finished:
                self.instance.report_run_canceled(run, STOPPED)
            self.instance.event_log_storage.free_concurrency_slots_for_run(identity)
            self.platform.ledger.claims.put_back(request.id, STOPPED)

    def _run(self, request: Request, identity: str) -> bool:
        self.result.runs.append(request)
        checks = check_keys(request)
        outcome = run_in_process(
            self._everything,
            self.instance,
            frozenset(asset_keys(request)),
            frozenset(checks) if checks else None,
            tags={**tags(request), **BY, **NO_RETRY},
            config=QUIET,
            run_id=identity,
        )
        if not outcome.success:
            self.result.failed_runs.append((request, _why(outcome)))
        return outcome.success

    def close(self) -> None:
        """Let go of the connections to sources."""
        self.platform.close()

    @cached_property
    def _everything(self) -> dg.JobDefinition:
        """The job of all assets and checks; an ingest that finds nothing to do makes none."""
        return define(self.platform).resolve_implicit_global_asset_job_def()

    def _past(self) -> Callable[[str], History]:
        return history(self.instance)

    def _discover(self, name: str) -> Discovered | None:
        if name in self.result.unavailable:
            return None
        try:
            return discover(self.platform, name)
        except DropzoneError as error:
            self._left_out(name, error)
            return None

    def _finish(self) -> None:
        """Senders are told, and what is loaded goes from its source, where that is wished for."""
        for name in self.platform.configs.keys() - self.result.unavailable.keys():
            for step in (send_receipts, retire):
                try:
                    step(self.platform, name)
                except DropzoneError as error:
                    self._left_out(name, error)

    def _left_out(self, name: str, error: DropzoneError) -> None:
        """Remember what was said; the error itself would keep alive all that was open when it was raised."""
        self.result.unavailable[name] = type(error)(error.found, error.cure)

    def _hopeful(self, requests: list[Request]) -> list[Request]:
        """Those whose like has not failed in this ingest: what just failed waits for the next one."""
        failed = {(request.table, request.step) for request, _ in self.result.failed_runs}
        return [request for request in requests if (request.table, request.step) not in failed]

    def _count(self, intakes: list[Discovered]) -> None:
        self.result.seen = sum(discovered.seen for discovered in intakes)
        self.result.waiting = sum(discovered.waiting for discovered in intakes)
        self.result.new += sum(discovered.new for discovered in intakes)
        self.result.gone += sum(discovered.gone for discovered in intakes)
        self.result.refused += sum(discovered.refused for discovered in intakes)


@contextmanager
def open_ingester(platform: Platform, instance: dg.DagsterInstance) -> Iterator[Ingester]:
    """The one ingest that may work in a home at a time.

    The lock is the operating system's, so it ends with its process; a run of an earlier ingest that has not ended
    is dead, and is marked so.

    Raises:
        Transient: another ingest is at work.
    """
    home = platform.settings.home
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / ".ingest.lock", timeout=0):
            sweep(platform)
            with closing(Ingester(platform, instance)) as ingester:
                ingester.take_over()
                yield ingester
    except Timeout as error:
        raise Transient("Another `dropzone ingest` is at work here.", "Wait for it; see: dropzone status.") from error


def _why(outcome: dg.JobExecutionResult) -> str:
    """The steps that failed and the blocking checks that did not pass, in a sentence."""
    failures = [f"{event.step_key}: {_said(event)}" for event in outcome.all_events if event.is_step_failure]
    checks = [f"{e.check_name} of {e.asset_key.to_user_string()}" for e in _broken_promises(outcome)]
    return "; ".join([*failures, *(f"check {check} does not hold" for check in checks)])


def _said(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error.cause or data.error if data.error else None
    return error.message.strip() if error else "failed without a word"


def _broken_promises(outcome: dg.JobExecutionResult) -> list[dg.AssetCheckEvaluation]:
    return [found for found in outcome.get_asset_check_evaluations() if not found.passed and found.blocking]
