"""Lacking: the deliveries that one of ledger and warehouse holds as loaded, and the other does not."""

from datetime import datetime
from typing import NamedTuple

from dropzone_assets.engine import Connection, columns_of, rows
from dropzone_assets.errors import StoreLost
from dropzone_assets.generation import Side
from dropzone_assets.pipeline.tables import LOADS
from dropzone_assets.platform import Platform

CURE = "Put the newest copy of it back, or: dropzone rebuild."


class Loaded(NamedTuple):
    """A delivery that is loaded; `at`: when, in UTC, where that is known."""

    key: str
    table: str
    source: str
    path: str
    at: datetime | None = None


class Lacking(NamedTuple):
    """What the `warehouse` lacks that the ledger holds as loaded, and what the `ledger` has never heard of."""

    warehouse: list[Loaded]
    ledger: list[Loaded]
    replaced: bool

    @property
    def side(self) -> Side:
        """Who is behind, where no generation says it."""
        if self.ledger:
            return "ledger"
        return "store" if self.warehouse and not self.replaced else ""


def lacking(platform: Platform, connection: Connection | None) -> Lacking:
    """Compare the loads of ledger and attached warehouse; None stands for a warehouse that is not there."""
    ledger = platform.ledger
    here = [Loaded(row.key, row.table_name, row.source, row.path, row.loaded_at) for row in ledger.queries.all_loaded()]
    there = _held(connection) if connection else []
    held, locations = {each.key for each in there}, {each[1:4] for each in there}
    absent = [each for each in here if each.key not in held]
    loaded = {each.key for each in here}
    unknown = [each for each in there if each.key not in loaded]
    known = {each.key for each in ledger.worklist.of_keys([each.key for each in unknown])}
    # A process that died has replaced a version of a file, and could not say so.
    replaced = all(each[1:4] in locations for each in absent)
    return Lacking(absent, [each for each in unknown if each.key not in known], replaced)


def _held(connection: Connection) -> list[Loaded]:
    if not columns_of(connection, LOADS):
        return []
    return [Loaded(*row) for row in rows(connection, f"SELECT delivery, table_name, source, path FROM {LOADS}")]


def sentence(platform: Platform, side: Side, found: Lacking) -> StoreLost:
    """Who is behind, in a sentence."""
    warehouse = platform.settings.warehouse
    if side == "ledger":
        where = platform.ledger.engine.url.render_as_string()
        said = f"The ledger {where} is new or an older copy: the warehouse is ahead of it"
        return StoreLost(f"{said}{_counted(found.ledger, 'and holds', 'that the ledger does not know')}.", CURE)
    state = "is an older copy or another one's" if warehouse.exists() else "is not there"
    return StoreLost(f"{warehouse} {state}{_counted(found.warehouse, 'and lacks', 'that the ledger has')}.", CURE)


def _counted(loads: list[Loaded], verb: str, which: str) -> str:
    if not loads:
        return ""
    tables = len({each.table for each in loads})
    newest = max(loads, key=lambda each: (each.at or datetime.min, each.path))
    when = f" of {newest.at:%Y-%m-%d %H:%M} UTC" if newest.at else ""
    count, many = f"{len(loads):,} load{'s' * (len(loads) != 1)}", f"{tables:,} table{'s' * (tables != 1)}"
    return f" {verb} {count} of {many} {which}, the newest {newest.path}{when}"
