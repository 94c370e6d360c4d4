"""Actual: what a warehouse holds of one table, as numbers, and what the ledger says of it at the same moment."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RECORD, Contract
from dropzone_assets.engine import Connection, attached, columns_of, rows
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import LOADED, Kept
from dropzone_assets.pipeline.tables import BOOKS, LOADS, PARTITIONS, QUARANTINE, tables
from dropzone_assets.platform import Platform
from dropzone_assets.proof.fingerprint import Fingerprint, as_wanted, fingerprints

TRIES = 5
"""How often warehouse and ledger are read until no load came between."""

AT_COMMIT = ("quarantined_at", "contract_version")
"""Columns of the quarantine that say when and under which contract a row was written, not what it is."""


class Noted(NamedTuple):
    """What the warehouse notes of a delivery it holds."""

    path: str
    file_time: datetime
    contract_version: str | None
    contract_hash: str | None
    rows_kept: int | None

    def follows(self, contract: Contract) -> bool:
        """Whether this contract validated all of its rows. A load of an early release has a version only."""
        if self.rows_kept:
            return False
        return self.contract_hash == contract.fingerprint or (
            self.contract_hash is None and self.contract_version == contract.version
        )


NOTED = {name: BOOKS["loads"][name] for name in Noted._fields}
"""Column → type of what is noted of a delivery; a warehouse of an earlier version of this program lacks some."""


@dataclass(frozen=True)
class Actual:
    """A table's rows in a warehouse: by delivery, fingerprints and notes; by day, how often they have changed."""

    validated: dict[str, Fingerprint] = field(default_factory=dict)
    quarantine: dict[str, Fingerprint] = field(default_factory=dict)
    loads: dict[str, list[Noted]] = field(default_factory=dict)
    versions: dict[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """What ledger and warehouse say of a table at one moment; `kept` and `waiting` are deliveries by their keys."""

    kept: dict[str, Kept]
    waiting: dict[str, Delivery]
    published: dict[date, int]
    due: set[date]
    held: Actual

    @cached_property
    def loaded(self) -> dict[str, Kept]:
        """The deliveries whose rows the warehouse should hold."""
        return {key: kept for key, kept in self.kept.items() if kept.delivery.state == LOADED}

    def about_to_change(self, delivery: Delivery) -> bool:
        """Whether the delivery, or another version of its file, is still to be loaded."""
        return delivery.key in self.waiting or delivery.location in self._awaited

    @cached_property
    def _awaited(self) -> set[tuple[str, str, str]]:
        return {delivery.location for delivery in self.waiting.values()}


def moment(platform: Platform, contract: Contract) -> Moment:
    """What is there now. A load that goes on meanwhile makes another try, and in the end its rows are due.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    before = _books(platform, contract.table)
    for _ in range(TRIES):
        held = actual_of(platform, contract)
        after = _books(platform, contract.table)
        if before == after:
            break
        before = after
    kept, waiting, published, due = after
    newer = {day for day, version in held.versions.items() if version > published.get(day, 0)}
    return Moment(kept, waiting, published, due | newer, held)


def _books(platform: Platform, table: str) -> tuple[dict[str, Kept], dict[str, Delivery], dict[date, int], set[date]]:
    ledger, partitions = platform.ledger, platform.ledger.partitions
    kept = {each.delivery.key: each for each in ledger.worklist.kept(table)}
    waiting = {each.key: each for each in ledger.worklist.waiting(table)}
    return kept, waiting, partitions.versions(table, partitions.days(table)), set(partitions.due().get(table, ()))


def changing(platform: Platform, table: str, before: Mapping[date, int]) -> set[date]:
    """The days whose lake partition is due, or has been published since `before` (day → version)."""
    partitions = platform.ledger.partitions
    after = partitions.versions(table, partitions.days(table))
    changed = {day for day in {*before, *after} if before.get(day) != after.get(day)}
    return changed | set(partitions.due().get(table, ()))


def actual_of(platform: Platform, contract: Contract) -> Actual:
    """The fingerprints of a warehouse, which is open for the length of one pass over the table.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    if not platform.settings.warehouse.exists():
        return Actual()
    with closing(platform.connect()) as connection, attached(connection, platform.settings.warehouse, read_only=True):
        return _hold(connection, contract)


def _hold(connection: Connection, contract: Contract) -> Actual:
    validated, quarantine = tables(contract.table)
    found = Actual()
    if columns_of(connection, validated):
        found.validated.update(fingerprints(connection, validated, DELIVERY, of_validated(contract)))
        found.quarantine.update(fingerprints(connection, quarantine, DELIVERY, OF_QUARANTINE))
        noted_as = ", ".join(as_wanted(connection, LOADS, NOTED).values())
        query = f"SELECT delivery, {noted_as} FROM {LOADS} WHERE table_name = $1"
        for key, *noted in rows(connection, query, [contract.table]):
            found.loads.setdefault(key, []).append(Noted(*noted))
        query = f"SELECT data_date, version FROM {PARTITIONS} WHERE table_name = $1"
        found.versions.update(rows(connection, query, [contract.table]))
    return found


def of_validated(contract: Contract) -> dict[str, str]:
    """Column → type of what a validated row is, its delivery aside."""
    return {**contract.stored, RECORD: contract.lineage[RECORD], DATA_DATE: contract.lineage[DATA_DATE]}


OF_QUARANTINE = {name: kind for name, kind in QUARANTINE.items() if name not in (DELIVERY, *AT_COMMIT)}
"""Column → type of what a quarantined row is, its delivery aside."""
