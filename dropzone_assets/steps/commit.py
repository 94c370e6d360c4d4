"""Commit: a load goes into the warehouse in one transaction, then into the ledger."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RAW, REASONS, RECORD
from dropzone_assets.engine import WAREHOUSE, Connection, attached, conform, literals, quote, rows, transaction
from dropzone_assets.platform import Platform
from dropzone_assets.steps.judge import Load
from dropzone_assets.steps.versions import Versions

QUARANTINE = {
    DELIVERY: "VARCHAR",
    "file": "VARCHAR",
    "record": "BIGINT",
    "reasons": "VARCHAR[]",
    "raw": "JSON",
    "contract_version": "VARCHAR",
    "file_date": "DATE",
    "quarantined_at": "TIMESTAMP",
}
"""A refused row: as it came, with every reason, its file, its record number and the contract it met."""

BOOKS = {
    "loads": {
        "delivery": "VARCHAR",
        "table_name": "VARCHAR",
        "path": "VARCHAR",
        "file_time": "TIMESTAMP",
        "contract_version": "VARCHAR",
    },
    "partitions": {"table_name": "VARCHAR", "data_date": "DATE", "version": "BIGINT"},
}
"""What the warehouse knows of itself: the deliveries it holds, and how often each partition has changed."""


def commit(platform: Platform, load: Load, chosen: Versions) -> None:
    """Replace the rows of the load's deliveries, and of the versions they replace, by the judged rows.

    One transaction in the warehouse; afterwards the ledger is told. Killed in between, the deliveries are loaded
    again, which changes no row; partitions touched the first time are told to the ledger the second time. So the
    ledger hears last that a delivery is loaded: until then all of this is done again.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    counted = [tally.key for tally in load.tallies]
    gone = [old for key, olds in chosen.replaced.items() if key not in load.refused for old in olds]
    with attached(load.connection, platform.settings.warehouse, read_only=False):
        with transaction(load.connection):
            _commit(load, [*counted, *gone, *chosen.linked, *load.refused], chosen)
        touched = _touched(load.connection, load.contract.table, platform)
    ledger = platform.ledger
    ledger.partitions.touched(load.contract.table, touched)
    ledger.partitions.ingestion_changed([delivery.file_date for delivery in chosen.current])
    ledger.deliveries.unlink([*gone, *chosen.outdated, *load.refused])
    ledger.deliveries.superseded([*gone, *chosen.outdated])
    ledger.deliveries.loaded(load.tallies)
    for key, refusal in load.refused.items():
        ledger.deliveries.failed(key, "transform", refusal)


def _commit(load: Load, replaced: Sequence[str], chosen: Versions) -> None:
    connection, contract = load.connection, load.contract
    validated, quarantine = tables(contract.table)
    for schema in ("validated", "quarantine", "summary", "dropzone"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{schema}")
    conform(connection, validated, {**contract.stored, **contract.lineage})
    conform(connection, quarantine, QUARANTINE)
    for name, columns in BOOKS.items():
        conform(connection, f"{WAREHOUSE}.dropzone.{name}", columns)
    connection.execute("CREATE OR REPLACE TEMP TABLE touched (data_date DATE)")
    _remove(connection, contract.table, replaced)
    if load.parts:
        _insert(load, validated, quarantine)
    _record(load, chosen)


def _remove(connection: Connection, table: str, deliveries: Sequence[str]) -> None:
    """Delete what the warehouse holds of `deliveries`; for new ones that is nothing, and no table is scanned."""
    held = f"SELECT delivery FROM {WAREHOUSE}.dropzone.loads WHERE list_contains({literals(deliveries)}, delivery)"
    known = [row[0] for row in rows(connection, held)] if deliveries else []
    if not known:
        return
    mine = f"{DELIVERY} IN (SELECT unnest({literals(known)}))"
    validated, quarantine = tables(table)
    connection.execute(f"INSERT INTO touched SELECT DISTINCT {DATA_DATE} FROM {validated} WHERE {mine}")
    connection.execute(f"DELETE FROM {validated} WHERE {mine}")
    connection.execute(f"DELETE FROM {quarantine} WHERE {mine}")
    connection.execute(f"DELETE FROM {WAREHOUSE}.dropzone.loads WHERE delivery IN (SELECT unnest({literals(known)}))")


def _insert(load: Load, validated: str, quarantine: str) -> None:
    contract, run = load.contract, load.connection.execute
    own = ", ".join(quote(name) for name in (*contract.stored, *contract.lineage))
    for part in load.parts:
        run(f"INSERT INTO {validated} BY NAME SELECT {own} FROM {part} WHERE {REASONS} IS NULL")
        run(f"INSERT INTO touched SELECT DISTINCT {DATA_DATE} FROM {part} WHERE {REASONS} IS NULL")
        run(
            f"INSERT INTO {quarantine} BY NAME SELECT {DELIVERY}, _file AS file, {RECORD} AS record, "
            f"{REASONS} AS reasons, {RAW}::JSON AS raw, $1 AS contract_version, _file_date AS file_date, "
            f"now()::TIMESTAMP AS quarantined_at FROM {part} WHERE {REASONS} IS NOT NULL",
            [contract.version],
        )


def _record(load: Load, chosen: Versions) -> None:
    """Note the deliveries the warehouse now holds, and a new version for every partition that changed."""
    run, table = load.connection.execute, load.contract.table
    held = {tally.key for tally in load.tallies}
    mine = [d for d in chosen.current if d.key in held]
    if mine:
        run(
            f"INSERT INTO {WAREHOUSE}.dropzone.loads SELECT unnest($1), $2, unnest($3), unnest($4), $5",
            [[d.key for d in mine], table, [d.path for d in mine], [d.file_time for d in mine], load.contract.version],
        )
    book = f"{WAREHOUSE}.dropzone.partitions"
    run(
        "CREATE OR REPLACE TEMP TABLE versions AS "
        f"SELECT greatest(epoch_us(now()), 1 + coalesce(max(version), 0)) AS v FROM {book}"
    )
    run(f"DELETE FROM {book} WHERE table_name = $1 AND data_date IN (SELECT data_date FROM touched)", [table])
    run(f"INSERT INTO {book} SELECT DISTINCT $1, data_date, v FROM touched, versions", [table])


def _touched(connection: Connection, table: str, platform: Platform) -> list[tuple[date, int]]:
    """Every partition whose version the ledger has not heard of, also those of a load that was killed."""
    last = platform.ledger.partitions.last_version(table)
    book = f"{WAREHOUSE}.dropzone.partitions"
    query = f"SELECT data_date, version FROM {book} WHERE table_name = $1 AND version > $2"
    return [(row[0], row[1]) for row in rows(connection, query, [table, last])]


def tables(table: str) -> tuple[str, str]:
    """The names of a table's validated and quarantined rows in the attached warehouse."""
    return f"{WAREHOUSE}.validated.{quote(table)}", f"{WAREHOUSE}.quarantine.{quote(table)}"
