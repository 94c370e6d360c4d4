"""Summarise: the contract's question asked of one lake partition, and what came in on a day, over all tables."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from dropzone_assets.contracts import Contract
from dropzone_assets.engine import (
    WAREHOUSE,
    Connection,
    attached,
    columns_of,
    conform,
    literal,
    literals,
    quote,
    transaction,
)
from dropzone_assets.ledger import INGESTION, Published
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.completeness import OVERDUE, day_statuses
from dropzone_assets.pipeline.publish import publishing
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import Written, partition_uris, write_partition
from dropzone_assets.store import Writing

DAY = "_data_date"

INGESTION_COLUMNS = {
    "table": "VARCHAR",
    "day": "DATE",
    "files": "BIGINT",
    "bytes": "BIGINT",
    "rows_read": "BIGINT",
    "valid": "BIGINT",
    "quarantined": "BIGINT",
    "duplicates": "BIGINT",
    "late": "BIGINT",
    "expected": "BIGINT",
    "arrived": "BIGINT",
    "standing": "VARCHAR",
    "completed_late": "BOOLEAN",
}
"""`files` to `late` count the files of the day; `duplicates` the rows its lake partition left out. `late`: valid rows
of a day before their file's. `expected` to `completed_late`: how the day stands; NULL where no file is expected."""


OF_FILES = ("files", "bytes", "rows_read", "valid", "quarantined", "late")
COUNTS = (*OF_FILES, "duplicates")


class Summary(NamedTuple):
    """Answers resting in `connection` as the table `answers`, with `_data_date` beside the question's columns.

    `versions`: what each day was asked of, as the ledger counts; a day that the ledger does not know has none.
    """

    table: str
    connection: Connection
    days: tuple[date, ...]
    versions: dict[date, int]


def ask(platform: Platform, contract: Contract, days: Sequence[date]) -> Summary:
    """Ask a contract's question of the lake partition of each day; a day without a partition has no answer."""
    versions = platform.ledger.partitions.versions(contract.table, days)
    connection = platform.connect()
    question = contract.summary or f"SELECT {DAY} AS day, count(*) AS rows FROM lake GROUP BY ALL"
    fields = ", ".join(f"{quote(name)} {kind}" for name, kind in {**contract.stored, **contract.lineage}.items())
    connection.execute(f"CREATE TABLE lake ({fields})")
    connection.execute(f"CREATE TABLE answers AS SELECT NULL::DATE AS {DAY}, * FROM ({question}) LIMIT 0")
    for day in days:
        uris = partition_uris(platform.lake, contract.table, [day])
        if uris:
            lake = f"SELECT * FROM read_parquet({literals(uris)}, hive_partitioning = false)"
            connection.execute(f"CREATE OR REPLACE VIEW lake_of_day AS {lake}")
            asked = f"WITH lake AS (FROM lake_of_day) SELECT {literal(day)}::DATE AS {DAY}, * FROM ({question})"
            connection.execute(f"INSERT INTO answers {asked}")
    return Summary(contract.table, connection, tuple(days), versions)


def ask_ingestion(platform: Platform, days: Sequence[date], at: datetime) -> Summary:
    """What came in for each of `days`, one row a table, from the ledger; also of days that are overdue without a file.

    Args:
        at: the moment at which days are overdue, in UTC.
    """
    versions = {day: row.version for day, row in platform.ledger.partitions.of_days(INGESTION, days).items()}
    connection = platform.connect()
    conform(connection, "answers", {DAY: "DATE", **INGESTION_COLUMNS})
    found: dict[tuple[str, date], dict[str, Any]] = {}
    for row in platform.ledger.queries.per_date(days):
        found[row.table_name, row.file_date] = {name: getattr(row, name) for name in OF_FILES}
    for held in platform.ledger.partitions.per_date(days):
        found.setdefault((held.table_name, held.data_date), {})["duplicates"] = held.valid - held.lake_rows
    _add_completeness(platform, days, at, found)
    for (table, day), counts in sorted(found.items()):
        known = {**dict.fromkeys(COUNTS, 0), **counts}
        values = [day, table, day, *(known.get(name) for name in list(INGESTION_COLUMNS)[2:])]
        connection.execute(f"INSERT INTO answers VALUES ({', '.join('?' * len(values))})", values)
    return Summary(INGESTION, connection, tuple(days), versions)


def _add_completeness(
    platform: Platform, days: Sequence[date], at: datetime, found: dict[tuple[str, date], dict[str, Any]]
) -> None:
    """Add how each table and day stands, and the days that are overdue without a file."""
    for contract in platform.contracts.tables.values():
        for one in day_statuses(platform, contract, days, at):
            key = (one.table, one.day)
            if key in found or one.completeness == OVERDUE:
                how = {"expected": one.expected, "arrived": one.arrived, "standing": one.completeness}
                found.setdefault(key, {}).update(how, completed_late=one.late)


def keep(platform: Platform, summary: Summary) -> dict[date, int]:
    """Put the answers into the lake (`summary/<table>`) and the warehouse; rows per day.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
        StoreLost: ledger and warehouse do not belong together.
    """
    connection, table = summary.connection, summary.table
    generations.check_there(platform)
    with publishing(platform):
        days = _still(platform, summary)
        with platform.lake.writing() as writing:
            kept = {day: _keep(platform, summary, writing, day) for day in days}
        counts = {day: written.rows for day, written in kept.items()}
        with attached(connection, platform.settings.warehouse, read_only=False):
            coming = generations.begin(platform, connection)
            with transaction(connection):
                _replace(connection, f"{WAREHOUSE}.summary.{quote(table)}", days)
                generations.write(platform, connection, coming)
            platform.settle_warehouse()
            platform.ledger.home.hear(WAREHOUSE, coming)
        versions = {day: version for day, version in summary.versions.items() if day in counts}
        if table == INGESTION:
            done = [Published(day, version, counts[day], counts[day]) for day, version in versions.items()]
            platform.ledger.partitions.published(table, done)
        hashes = {day: written.content_hash for day, written in kept.items()}
        platform.ledger.partitions.summarised(table, versions, hashes)
    return counts


def _still(platform: Platform, summary: Summary) -> list[date]:
    """The days whose partitions are what they were when they were asked; the others are left to who changed them.

    Of what came in, the days of which nobody has kept a newer answer meanwhile.
    """
    versions = platform.ledger.partitions.versions(summary.table, summary.days)
    if summary.table == INGESTION:
        return [day for day in summary.days if versions.get(day, 0) <= summary.versions.get(day, 0)]
    return [day for day in summary.days if versions.get(day) == summary.versions.get(day)]


def _keep(platform: Platform, summary: Summary, writing: Writing, day: date) -> Written:
    query = f"SELECT * EXCLUDE ({DAY}) FROM answers WHERE {DAY} = {literal(day)}"
    location, spill = f"summary/{summary.table}", platform.settings.spill
    return write_partition(summary.connection, query, platform.lake, writing, location, day, spill)


def _replace(connection: Connection, table: str, days: Sequence[date]) -> None:
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.summary")
    conform(connection, table, columns_of(connection, "answers"))
    of_days = f"{DAY} IN (SELECT unnest({literals(days)}::DATE[]))"
    connection.execute(f"DELETE FROM {table} WHERE {of_days}")
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM answers WHERE {of_days}")
