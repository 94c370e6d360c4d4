"""The pipeline without Dagster, as the assets walk it: a load, a publication, a rebuilt day."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import date

from dropzone_assets.contracts import Contract
from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.load import load
from dropzone_assets.pipeline.plan import History, Request, plan_loads, plan_publications
from dropzone_assets.pipeline.publish import publish, snapshot
from dropzone_assets.pipeline.readable import readable
from dropzone_assets.pipeline.summarise import ask, ask_ingestion, keep
from dropzone_assets.pipeline.unpack import unpack
from dropzone_assets.pipeline.validate import validate
from dropzone_assets.pipeline.versions import versions
from dropzone_assets.platform import Platform


class Pipeline:
    """Plans and makes runs. `ended` outlives a process, as Dagster's record of runs does."""

    def __init__(self, platform: Platform, ended: Counter[str]) -> None:
        self.platform = platform
        self._ended = ended

    def loads(self) -> list[Request]:
        """The loads to make now."""
        return plan_loads(self.platform, self._history)

    def publications(self) -> list[Request]:
        """The publications to make now, the ingestion summary last."""
        found = plan_publications(self.platform, self._history, patient=False)
        return [due for due in found if due.table != INGESTION] or found

    def run(self, request: Request) -> None:
        """Make one run; it has ended, however it ends."""
        try:
            self._load(request) if request.step == "load" else self._publish(request)
        finally:
            self._ended[request.id] += 1

    def rebuild(self, table: str, day: date) -> None:
        """What a run without a request does with a day: everything from all of its deliveries."""
        ledger = self.platform.ledger
        present = fetch(self.platform, ledger.worklist.of_dates(table, [day])).present
        if table == FILES:
            unpack(self.platform, present)
            return
        contract = self.platform.contract(table)
        self._commit(contract, ledger.worklist.of_dates(table, [day]))
        self._lake(contract, [day])

    def _history(self, identity: str) -> History:
        return History(False, self._ended[identity])

    def _load(self, request: Request) -> None:
        wanted = self.platform.ledger.worklist.of_batch
        present = fetch(self.platform, wanted(request.id), last=self._ended[request.id] > 0).present
        if request.table == FILES:
            unpack(self.platform, present)
        else:
            self._commit(self.platform.contract(request.table), wanted(request.id))

    def _commit(self, contract: Contract, wanted: Sequence[Delivery]) -> None:
        chosen = versions(self.platform, wanted)
        validation = validate(self.platform, contract, readable(self.platform, chosen.current))
        with closing(validation.connection):
            load(self.platform, validation, chosen)

    def _publish(self, request: Request) -> None:
        books = self.platform.ledger.partitions
        if request.table == INGESTION:
            behind = books.unsummarised().get(INGESTION, {}) | books.due().get(INGESTION, {})
            days = [day for day in behind if request.first <= day <= request.last]
            self._keep(ask_ingestion(self.platform, days, now()))
            return
        contract = self.platform.contract(request.table)
        due = books.due().get(request.table, {})
        self._lake(contract, [day for day in due if request.first <= day <= request.last])

    def _lake(self, contract: Contract, days: Sequence[date]) -> None:
        """The lake, and the summaries of everything whose summary is older than it."""
        if days:
            taken = snapshot(self.platform, contract, days)
            with closing(taken.connection):
                publish(self.platform, taken)
        behind = self.platform.ledger.partitions.unsummarised().get(contract.table, {})
        if behind:
            self._keep(ask(self.platform, contract, list(behind)))

    def _keep(self, summary: object) -> None:
        with closing(summary.connection):  # type: ignore[attr-defined]
            keep(self.platform, summary)  # type: ignore[arg-type]
