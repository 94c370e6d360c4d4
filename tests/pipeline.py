"""The pipeline without Dagster, a stretch at a time, and files to send along it."""

from collections import Counter
from contextlib import closing
from pathlib import Path

from dropzone_assets.engine import rows
from dropzone_assets.files import FILES, Delivery
from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.load import load
from dropzone_assets.pipeline.plan import History, plan_loads
from dropzone_assets.pipeline.publish import Snapshot, publish, snapshot
from dropzone_assets.pipeline.readable import readable
from dropzone_assets.pipeline.summarise import ask, ask_ingestion, keep
from dropzone_assets.pipeline.unpack import unpack
from dropzone_assets.pipeline.validate import Validation, validate
from dropzone_assets.pipeline.versions import Versions, versions
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.samples import payment, payments

A, B = "payments_20240501_100000.csv", "payments_20240502_100000.csv"
BAD = "nonsense\n1\n"


class Pipeline:
    """The pipeline without Dagster, a stretch at a time."""

    def __init__(self, home: Path, settings: Settings | None = None) -> None:
        self.platform: Platform = open_platform(settings or Settings(home=home))
        self._ended: Counter[str] = Counter()

    def open(self) -> None:
        """Look, and open what is no one table's."""
        discover(self.platform, "dropzone")
        self.load(only=FILES)

    def load(self, only: str = "") -> None:
        """Load what is pending (of one table)."""
        for request in plan_loads(self.platform, lambda identity: History(False, self._ended[identity])):
            if only in ("", request.table):
                present = fetch(self.platform, self.platform.ledger.worklist.of_batch(request.id)).present
                if request.table == FILES:
                    unpack(self.platform, present)
                else:
                    self.commit(self.validated(request.table, self.platform.ledger.worklist.of_batch(request.id)))
                self._ended[request.id] += 1

    def all(self) -> None:
        """Everything, until nothing is new."""
        self.open()
        for _ in range(3):
            self.load()

    def bring_up_to_date(self) -> None:
        """Bring the lake and the summaries up to date."""
        platform, book = self.platform, self.platform.ledger.partitions
        for table in book.due().keys() - {INGESTION}:
            taken = snapshot(platform, platform.contract(table), list(book.due()[table]))
            with closing(taken.connection):
                publish(platform, taken)
        for table in book.unsummarised().keys() - {INGESTION}:
            answers = ask(platform, platform.contract(table), list(book.unsummarised()[table]))
            with closing(answers.connection):
                keep(platform, answers)
        answers = ask_ingestion(platform, list(book.due().get(INGESTION, ())), now())
        with closing(answers.connection):
            keep(platform, answers)

    def validated(self, table: str, wanted: list[Delivery]) -> tuple[Validation, Versions]:
        """Fetched deliveries, validated and not committed yet."""
        chosen = versions(self.platform, wanted)
        return validate(self.platform, self.platform.contract(table), readable(self.platform, chosen.current)), chosen

    def commit(self, validated: tuple[Validation, Versions]) -> None:
        """Bring what was validated into the warehouse."""
        load(self.platform, *validated)

    def snapshot(self, table: str) -> Snapshot:
        """The days of a table that are due, as they are now."""
        due = self.platform.ledger.partitions.due().get(table, {})
        return snapshot(self.platform, self.platform.contract(table), sorted(due))

    def publish(self, taken: Snapshot) -> None:
        """Bring a snapshot into the lake."""
        publish(self.platform, taken)

    def lake(self, table: str = "transactions", column: str = "transaction_id") -> list[str]:
        """One column of the rows in the lake."""
        with open_query(self.platform) as connection:
            return [row[0] for row in rows(connection, f"SELECT {column} FROM lake.{table} ORDER BY 1")]

    def states(self) -> dict[str, list[str]]:
        """Path → states of its deliveries that count, oldest first."""
        found: dict[str, list[str]] = {}
        for row in reversed(self.platform.ledger.queries.everything()):
            found.setdefault(row.path, []).append(row.state)
        return found

    def held(self, table: str = "transactions", column: str = "transaction_id") -> list[str]:
        """One column of the rows that count."""
        with open_query(self.platform) as connection:
            return [row[0] for row in rows(connection, f"SELECT {column} FROM validated.{table} ORDER BY 1")]


def of(*names: str) -> str:
    return payments(*(payment(name) for name in names))
