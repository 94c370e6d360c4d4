"""The pipeline with Dagster: the same world, whose runs are real ones, and whose record of events is a boundary too."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import dagster as dg
from dagster._core.storage.event_log import SqlEventLogStorage
from sqlalchemy.exc import OperationalError

from dropzone_assets.orchestration import definitions
from dropzone_assets.orchestration.assets import described
from dropzone_assets.orchestration.ingest import open_ingester
from dropzone_assets.platform import Platform
from dropzone_assets.settings import Settings
from tests.chaos.account import undone
from tests.chaos.boundaries import Clock, around, wrapped
from tests.chaos.crossings import YET_DONE, Crossings, Errors, Fault
from tests.chaos.home import open_home, workshop
from tests.chaos.scenario import Profile, faults, sent
from tests.chaos.validation import differences, fresh_account, own_account
from tests.chaos.world import EXPECTED, ROUNDS, Stuck, World


def _locked() -> OperationalError:
    return OperationalError("INSERT INTO event_logs", {}, Exception("database is locked"))


STORED: Errors = {"locked": _locked, f"locked{YET_DONE}": _locked}


class DagsterWorld(World):
    """A world whose platform works in `dropzone ingest`, with an instance that outlives its processes."""

    expected = (*EXPECTED, dg.DagsterError)

    def __init__(self, home: Path, crossings: Crossings, clock: Clock, instance: dg.DagsterInstance) -> None:
        super().__init__(home, crossings, clock)
        self._instance = instance

    def ingest(self) -> None:
        """What `dropzone ingest` does."""
        with open_ingester(self.platform, self._instance) as ingester:
            ingester.discover()
            for request in ingester.requests():
                ingester.run(request)

    def _settle(self) -> None:
        ledger = self.platform.ledger
        for _ in range(ROUNDS):
            self.ingest()
            if not (ledger.claims.pending() or ledger.partitions.due() or ledger.partitions.unsummarised()):
                return
            self.clock.jump += timedelta(hours=1)
        raise Stuck(f"After {ROUNDS} ingests {ledger.claims.pending()} files are pending.")


@contextmanager
def dagster_wrapped(crossings: Crossings, clock: Clock) -> Iterator[dg.DagsterInstance]:
    """Every boundary, and the events of the instance that is given; a step that failed is tried again at once."""

    def same(settings: Settings, _access: object) -> Platform:
        return open_home(settings.home)

    with ExitStack() as stack:
        stack.enter_context(wrapped(crossings, clock))
        stack.enter_context(patch.object(definitions, "Platform", same))
        stack.enter_context(patch.object(described, "RETRIES", dg.RetryPolicy(max_retries=3)))
        stack.enter_context(around(SqlEventLogStorage, crossings, {"store_event": ("event", STORED)}))
        yield stack.enter_context(dg.DagsterInstance.ephemeral())


class Lived(NamedTuple):
    """What happened, and what is wrong in the end."""

    happened: Counter[tuple[str, str]]
    wrong: list[str]


def live(seed: int, ingests: int) -> Lived:
    """Ingests with faults, some of them at the record of events."""
    crossings, clock, dice = Crossings(), Clock(), random.Random(f"dagster/{seed}")
    with workshop() as folder, dagster_wrapped(crossings, clock) as instance:
        world = DagsterWorld(folder / "home", crossings, clock, instance)
        _do(world, dice, ())
        crossed = dict(crossings.counts)
        known = Profile({"ingest": crossed, "events": {"event": crossed["event"]}}, dict(crossings.kinds))
        for _ in range(ingests):
            _do(world, dice, (*faults(dice, known, "ingest"), *faults(dice, known, "events")))
        world.settle()
        wrong = [*differences(own_account(world), fresh_account(folder, world)), *undone(world.platform, died=True)]
        world.close()
        return Lived(crossings.happened, wrong)


def _do(world: World, dice: random.Random, due: tuple[Fault, ...]) -> None:
    for _ in range(3):
        step = sent(dice)
        world.act(step.name, *step.arguments)
    world.act("ingest", faults=due)
