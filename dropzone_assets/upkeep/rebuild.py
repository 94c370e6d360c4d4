"""Rebuild: what is lost is found, and made due in the right order; the runs of an ingest do the rest."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from dropzone_assets.ledger import FAILED
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.lake import heal_lake
from dropzone_assets.upkeep.ledger import heal_ledger
from dropzone_assets.upkeep.losses import StoreName, losses
from dropzone_assets.upkeep.raw import heal_raw
from dropzone_assets.upkeep.warehouse import heal_warehouse

ORDER: tuple[StoreName, ...] = ("ledger", "raw", "warehouse", "lake")
"""Who knows what is missing comes first, then what the others are made from."""


@dataclass
class Rebuild:
    """One rebuild. `done` says what has been made due; `lost` what cannot be had back, with what a person may do."""

    platform: Platform
    done: list[str] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)

    def prepare(self, only: StoreName | None = None) -> None:
        """Make due what is lost (of one store). No other ingest may be at work; a daemon may. Killed, do it again.

        Raises:
            WarehouseBusy: another process holds the warehouse.
            LakeBusy: another process writes to the lake.
            StoreUnavailable: the lake or the raw zone does not answer.
        """
        for store in ORDER:
            if only in (None, store):
                self.done += getattr(self, f"_{store}")()

    def is_in(self, batches: Collection[str]) -> bool:
        """Whether these batches, which runs of another process are at work on, hold what is to be loaded again."""
        waiting = self.platform.ledger.replays.to_rebuild()
        return any(row.batch in batches for row in waiting if row.state != FAILED)

    def remaining(self) -> list[tuple[str, str]]:
        """What could not be rebuilt, in sentences with what to do, once the runs have ended."""
        waiting = self.platform.ledger.replays.to_rebuild()
        failed = [(row.reason, row.cure) for row in waiting if row.state == FAILED]
        pending = [row for row in waiting if row.state != FAILED]
        if pending:
            tables = ", ".join(sorted({row.table_name for row in pending}))
            found = (
                f"{len(pending):,} deliveries of {tables} are still to be loaded again, the first {pending[0].path}."
            )
            failed.append((found, "They need their contract and a run. See: dropzone status."))
        return [*self.lost, *failed, *((loss.found, loss.cure) for loss in losses(self.platform))]

    def _ledger(self) -> Iterator[str]:
        if not any(loss.store == "ledger" for loss in losses(self.platform)):
            return
        count, poor = heal_ledger(self.platform)
        yield f"{_many(count, 'delivery', 'deliveries')} written down again in the ledger; all days are due."
        for path in poor:
            found = f"{path}: the warehouse has its rows, and an earlier version noted too little of it for the ledger."
            self.lost.append((found, "It is loaded again when it lies at its source."))

    def _raw(self) -> Iterator[str]:
        count, lost = heal_raw(self.platform)
        if count:
            yield f"The raw copies of {_many(count, 'delivery', 'deliveries')} are made again."
        self.lost += [(error.found, error.cure) for error in lost]

    def _warehouse(self) -> Iterator[str]:
        again = [row.key for row in self.platform.ledger.replays.to_rebuild() if row.state == FAILED]
        self.platform.ledger.replays.rebuild(again)
        count = heal_warehouse(self.platform) + len(again)
        if count:
            yield f"{_many(count, 'delivery', 'deliveries')} to load again; until then the lake keeps their days."

    def _lake(self) -> Iterator[str]:
        if count := heal_lake(self.platform):
            yield f"{_many(count, 'day', 'days')} to publish again."


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
