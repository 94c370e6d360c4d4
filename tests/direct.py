"""An ingest without Dagster: the steps are called as the assets call them, in a tenth of the time."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path

import dagster as dg

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import FILES
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.orchestration.ingest import Ingested, Ingester
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.load import load
from dropzone_assets.pipeline.plan import History, Request
from dropzone_assets.pipeline.publish import publish, snapshot
from dropzone_assets.pipeline.readable import readable
from dropzone_assets.pipeline.summarise import ask, ask_ingestion, keep
from dropzone_assets.pipeline.unpack import unpack
from dropzone_assets.pipeline.unpublished import noted
from dropzone_assets.pipeline.validate import validate
from dropzone_assets.pipeline.versions import versions
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.sweep import sweep


class Direct(Ingester):
    """An ingest whose requests are met without a run."""

    def __init__(self, platform: Platform, instance: dg.DagsterInstance) -> None:
        super().__init__(platform, instance)
        self._ended: Counter[str] = Counter()

    def take_over(self) -> None:
        """No run is there that could have died."""

    def _past(self) -> Callable[[str], History]:
        return lambda identity: History(False, self._ended[identity])

    def _run(self, request: Request, identity: str) -> bool:
        self.result.runs.append(request)
        try:
            (self._load if request.step == "load" else self._publish)(request)
        except DropzoneError as error:
            self.result.failed_runs.append((request, str(error)))
        self._ended[request.id] += 1
        return not self.result.failed_runs

    def _load(self, request: Request) -> None:
        platform, ledger = self.platform, self.platform.ledger
        fetched = fetch(platform, ledger.worklist.of_batch(request.id), last=True)
        if request.table == FILES:
            unpack(platform, fetched.present)
            return
        chosen = versions(platform, ledger.worklist.of_batch(request.id))
        validation = validate(platform, platform.contract(request.table), readable(platform, chosen.current))
        with closing(validation.connection):
            load(platform, validation, chosen)

    def _publish(self, request: Request) -> None:
        platform, table, book = self.platform, request.table, self.platform.ledger.partitions
        if request.step == "alert":
            return

        def asked(days: Mapping[date, object]) -> list[date]:
            return sorted(day for day in days if request.first <= day <= request.last)

        behind = asked({**book.unsummarised().get(table, {}), **book.due().get(table, {})})
        if table == INGESTION:
            answers = ask_ingestion(platform, behind, now())
        else:
            contract, due = platform.contract(table), asked(book.due().get(table, {}))
            with noted(platform, table, due):
                taken = snapshot(platform, contract, due)
                with closing(taken.connection):
                    publish(platform, taken)
            answers = ask(platform, contract, behind)
        with closing(answers.connection):
            keep(platform, answers)


def everything(ingester: Ingester, *, well: bool) -> Ingested:
    """All that is new; `well`: every run must succeed."""
    ingester.discover()
    for request in ingester.requests():
        ingester.run(request)
    ingester.platform.ledger.engine.dispose()
    assert not (well and ingester.result.failed_runs), ingester.result.failed_runs
    return ingester.result


def ingest_directly(home: Path, instance: dg.DagsterInstance, *, well: bool = True) -> Ingested:
    """What `dropzone ingest` does, without runs."""
    platform = open_platform(Settings(home=home))
    sweep(platform)
    with closing(Direct(platform, instance)) as ingester:
        return everything(ingester, well=well)
