"""The warehouse healed: what it lacks is pending again, and what counts no more goes from it."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from time import time_ns

from dropzone_assets.contracts import DELIVERY
from dropzone_assets.engine import (
    WAREHOUSE,
    Connection,
    attached,
    conform,
    literals,
    quote,
    rows,
    transaction,
)
from dropzone_assets.errors import Permanent, StoreLost
from dropzone_assets.ledger import FAILED, INGESTION, LINKED, RETRACTED, SUPERSEDED
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.lacking import lacking
from dropzone_assets.pipeline.tables import BOOKS, LOADS, PARTITIONS
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.raw import lost_objects

SLACK = timedelta(hours=1)
"""What was loaded so long before the last commit of an older copy is taken for later than it: clocks differ."""

OUT = (SUPERSEDED, RETRACTED, LINKED)
"""States of deliveries that have no rows."""


def heal_warehouse(platform: Platform) -> int:
    """Make pending all that the warehouse has lost, and make it one that the ledger knows; how many deliveries.

    Runs load them again. The lake keeps their days as they are until then; so it does with days that have rows of a
    delivery whose raw object is gone too. Killed anywhere, it is done again.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    _set_aside(platform)
    with closing(platform.connect()) as connection, attached(connection, platform.settings.warehouse, read_only=False):
        try:
            generations.check(platform, connection)
        except StoreLost:
            return _heal(platform, connection)
    return 0


def _heal(platform: Platform, connection: Connection) -> int:
    ledger, held = platform.ledger, generations.held(connection)
    lost = _lost(platform, connection)
    ledger.replays.rebuild(lost)
    _give_up(platform)
    days = {table: ledger.partitions.days(table) for table in platform.contracts.tables}
    known = [version for table in days for version in ledger.partitions.known(table).values()]
    version = max(time_ns() // 1000, 1 + max(known, default=0))
    for table, mine in days.items():
        ledger.partitions.touched(table, [(day, version) for day in mine])
    ledger.partitions.ingestion_changed(ledger.partitions.days(INGESTION))
    heard = ledger.home.heard(WAREHOUSE)
    coming = heard.next(held)
    ledger.home.announce(WAREHOUSE, heard.last, coming)
    with transaction(connection):
        generations.write(platform, connection, coming)
        for name, columns in BOOKS.items():
            conform(connection, f"{WAREHOUSE}.dropzone.{name}", columns)
        _remove(platform, connection)
        _version(connection, days, version)
    ledger.home.hear(WAREHOUSE, coming)
    return len(lost)


def _lost(platform: Platform, connection: Connection) -> list[str]:
    """The loaded deliveries that the warehouse lacks, and those that it may hold as they were before."""
    written = generations.moment(connection)
    stale = [row.key for row in platform.ledger.queries.all_loaded() if _later(row.loaded_at, written)]
    return sorted({*(each.key for each in lacking(platform, connection).warehouse), *stale})


def _later(loaded: datetime | None, written: datetime | None) -> bool:
    """Whether something was loaded after an older copy was written, or may have been."""
    return loaded is None or written is None or loaded > written - SLACK


def _set_aside(platform: Platform) -> None:
    """A warehouse of another home is no help: it stays beside, under another name."""
    warehouse = platform.settings.warehouse
    if not warehouse.exists():
        return
    with closing(platform.connect()) as connection, attached(connection, warehouse, read_only=True):
        owner = generations.owner(connection)
    if owner not in ("", platform.ledger.home.id):
        warehouse.rename(warehouse.with_name(f"{warehouse.name}.of-{owner[:8]}"))


def _give_up(platform: Platform) -> None:
    """What cannot be loaded again has failed: its bytes are gone too. The lake keeps the days that have rows of it."""
    ledger, where = platform.ledger, platform.settings.warehouse.name
    waiting = {row.key: row.table_name for row in ledger.replays.to_rebuild() if row.state != FAILED}
    for delivery in lost_objects(platform, sorted(set(waiting.values()))):
        if delivery.key in waiting:
            uri = platform.raw.uri(delivery.raw_path)
            found = f"{delivery.path}: the lake has its rows, {where} has lost them, and its copy {uri} is gone too."
            cure = f"Put that copy or the file back, then: dropzone rebuild. Or: dropzone retract {delivery.path}."
            ledger.deliveries.failed(delivery.key, "fetch", Permanent(found, cure))


def _remove(platform: Platform, connection: Connection) -> None:
    """Take out the rows of deliveries that have none by the ledger."""
    held = [row[0] for row in rows(connection, f"SELECT delivery FROM {LOADS}")]
    gone = [d.key for d in platform.ledger.worklist.of_keys(held) if d.state in OUT]
    for schema, name in _tables(connection):
        mine = f"{DELIVERY} IN (SELECT unnest({literals(gone)}::VARCHAR[]))"
        connection.execute(f"DELETE FROM {WAREHOUSE}.{schema}.{quote(name)} WHERE {mine}")
    connection.execute(f"DELETE FROM {LOADS} WHERE delivery IN (SELECT unnest({literals(gone)}::VARCHAR[]))")


def _tables(connection: Connection) -> list[tuple[str, str]]:
    named = f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{WAREHOUSE}'"
    found = rows(connection, f"{named} AND schema_name IN ('validated', 'quarantine')")
    return [(schema, name) for schema, name in found]


def _version(connection: Connection, days: Mapping[str, Sequence[date]], version: int) -> None:
    """Every partition has a newer version than any that was published: all of them are published again."""
    for table, mine in days.items():
        these = f"table_name = $1 AND data_date IN (SELECT unnest({literals(mine)}::DATE[]))"
        connection.execute(f"DELETE FROM {PARTITIONS} WHERE {these}", [table])
        connection.execute(
            f"INSERT INTO {PARTITIONS} SELECT $1, unnest({literals(mine)}::DATE[]), $2", [table, version]
        )
