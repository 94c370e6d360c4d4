"""Load: validated rows go into the warehouse in one transaction, then into the ledger."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, JUDGED_BY, RAW, REASONS, RECORD, Contract
from dropzone_assets.engine import WAREHOUSE, Connection, attached, conform, quote, rows, transaction
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import MOVE, RELEASE, Tally
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.record_numbers import keep_only
from dropzone_assets.pipeline.row_diff import differences, keep_valid
from dropzone_assets.pipeline.shrunk import keep, shrunk
from dropzone_assets.pipeline.validate import Validation
from dropzone_assets.pipeline.versions import Versions, versions
from dropzone_assets.platform import Platform

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

NUMBERS = (
    *("rows_read", "valid", "quarantined", "late"),
    *("rows_added", "rows_removed", "rows_changed", "rows_kept"),
)
"""What is counted of a delivery when it is loaded."""

FACTS = {
    "delivery": "VARCHAR",
    "source": "VARCHAR",
    "path": "VARCHAR",
    "file_time": "TIMESTAMP",
    "version": "VARCHAR",
    "size": "BIGINT",
    "arrived": "TIMESTAMP",
    "content_hash": "VARCHAR",
    "parent": "VARCHAR",
}
"""What is noted of a delivery that is loaded: all that a ledger needs to know of it again."""

BOOKS = {
    "loads": {
        **FACTS,
        "table_name": "VARCHAR",
        "contract_version": "VARCHAR",
        "contract_hash": "VARCHAR",
        **dict.fromkeys(NUMBERS, "BIGINT"),
    },
    "partitions": {"table_name": "VARCHAR", "data_date": "DATE", "version": "BIGINT"},
}
"""What the warehouse knows of itself: the deliveries it holds, and how often each partition has changed."""

LOADS, PARTITIONS = (f"{WAREHOUSE}.dropzone.{name}" for name in BOOKS)


def load(platform: Platform, validation: Validation, asked: Versions) -> list[Tally]:
    """Replace the rows of the load's deliveries, and of the versions they replace, by the judged rows; what was loaded.

    One transaction in the warehouse; then the ledger is told. Killed in between, the deliveries are loaded again, which
    changes no row; partitions touched the first time are told to the ledger the second time. So the ledger hears last
    that a delivery is loaded: until then all of this is done again.

    The lock of the warehouse is held until the ledger knows. So of two runs with versions of one file the later one
    sees what the earlier one did: what counts is asked again under the lock, and what no longer counts is left out.
    What gives fewer rows than before, out of the same bytes and by the same contract, keeps the rows it has.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
        StoreLost: ledger and warehouse do not belong together; nothing has changed.
    """
    ledger = platform.ledger
    generations.check_there(platform)
    with attached(validation.connection, platform.settings.warehouse, read_only=False):
        chosen = versions(platform, ledger.worklist.of_keys(asked.keys()))
        staying = shrunk(platform, validation, chosen)
        counting = {delivery.key for delivery in chosen.current} - staying.keys()
        refused = {key: refusal for key, refusal in validation.refused.items() if key in counting}
        validation.tallies = [tally for tally in validation.tallies if tally.key in counting]
        coming = generations.begin(platform, validation.connection)
        with transaction(validation.connection):
            tallies = put(validation, chosen, list(refused))
            generations.write(platform, validation.connection, coming)
        platform.settle_warehouse()
        platform.ledger.home.hear(WAREHOUSE, coming)
        _tell_ledger(platform, validation, chosen, tallies)
        for key, refusal in refused.items():
            ledger.deliveries.failed(key, "transform", refusal)
        keep(platform, chosen, staying)
    return tallies


def _tell_ledger(platform: Platform, validation: Validation, chosen: Versions, tallies: list[Tally]) -> None:
    """The ledger hears what the warehouse holds; last of all that these deliveries are loaded."""
    ledger, table = platform.ledger, validation.contract.table
    ledger.partitions.touched(table, _touched(validation.connection, table, platform))
    gone = [old for _, old in chosen.gone({tally.key for tally in tallies})] + chosen.outdated
    others = ledger.worklist.of_keys([*gone, *chosen.linked, *chosen.retracted])
    days = sorted({d.file_date for d in (*chosen.current, *others)})
    ledger.partitions.ingestion_changed(days)
    ledger.completeness.forget(table, sorted({d.file_date for d in others if d.key in chosen.retracted}))
    ledger.deliveries.superseded(gone)
    ledger.retractions.retracted(chosen.retracted)
    ledger.deliveries.done_with(chosen.linked)
    ledger.deliveries.loaded(tallies, validation.contract.version)
    ledger.partitions.ingestion_changed(days)  # again: who asked since the first time has not seen what is loaded


def put(validation: Validation, chosen: Versions, refused: Sequence[str]) -> list[Tally]:
    """Everything that changes in the attached warehouse, in the transaction that is open; what is loaded now."""
    connection, contract = validation.connection, validation.contract
    validated, quarantine = make_room(connection, contract)
    connection.execute("CREATE OR REPLACE TEMP TABLE touched (data_date DATE)")
    _name(validation, chosen, refused)
    for part in validation.parts:
        keep_only(connection, part, [tally.key for tally in validation.tallies])
    keep_valid(validation, validated, [d.key for d in chosen.current if d.again == RELEASE])
    tallies = differences(validation, validated, validation.tallies)
    _remove(connection, contract.table)
    _insert(validation, validated, quarantine)
    _record(validation, tallies)
    return tallies


def make_room(connection: Connection, contract: Contract) -> tuple[str, str]:
    """The names of a table's validated and quarantined rows in the attached warehouse, which has such tables then."""
    validated, quarantine = tables(contract.table)
    for schema in ("validated", "quarantine", "summary", "dropzone"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{schema}")
    conform(connection, validated, {**contract.stored, **contract.lineage, JUDGED_BY: "VARCHAR"})
    conform(connection, quarantine, QUARANTINE)
    for name, columns in BOOKS.items():
        conform(connection, f"{WAREHOUSE}.dropzone.{name}", columns)
    return validated, quarantine


def _name(validation: Validation, chosen: Versions, refused: Sequence[str]) -> None:
    """Who comes (`mine`), what the warehouse holds in their place (`replaced`), and whose rows go (`going`)."""
    run, held = validation.connection.execute, {tally.key for tally in validation.tallies}
    mine = [facts(d) for d in chosen.current if d.key in held]
    run(f"CREATE OR REPLACE TEMP TABLE mine ({', '.join(f'{name} {kind}' for name, kind in FACTS.items())})")
    lists = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(FACTS.values(), start=1))
    run(f"INSERT INTO mine SELECT {lists}", _columns(mine, len(FACTS)))
    run("CREATE OR REPLACE TEMP TABLE older (winner VARCHAR, old VARCHAR)")
    run("INSERT INTO older SELECT unnest($1), unnest($2)", _columns(chosen.gone(held), 2))
    run(
        "CREATE OR REPLACE TEMP TABLE replaced AS "
        f"SELECT winner, old FROM older JOIN {LOADS} ON delivery = old UNION "
        f"SELECT m.delivery, l.delivery FROM mine m JOIN {LOADS} l USING (source, path) "
        "WHERE l.table_name = $1 AND l.delivery <> m.delivery UNION "
        "SELECT delivery, delivery FROM mine "
        f"JOIN {LOADS} USING (delivery) WHERE contract_hash IS DISTINCT FROM $2 OR list_contains($3, delivery)",
        [
            validation.contract.table,
            validation.contract.fingerprint,
            [d.key for d in chosen.current if d.again == MOVE],
        ],
    )
    away = [*refused, *chosen.linked, *chosen.retracted]
    run(
        "CREATE OR REPLACE TEMP TABLE going AS SELECT delivery FROM (SELECT delivery FROM mine UNION "
        f"SELECT old FROM replaced UNION SELECT unnest($1::VARCHAR[])) SEMI JOIN {LOADS} USING (delivery)",
        [away],
    )


def facts(d: Delivery) -> tuple[object, ...]:
    """What is noted of a delivery, in the order of `FACTS`."""
    return (d.key, d.source, d.path, d.file_time, d.version, d.size, d.arrived, d.content_hash, d.parent)


def _columns(found: Sequence[tuple[object, ...]], count: int) -> list[list[object]]:
    return [list(column) for column in zip(*found, strict=True)] or [[] for _ in range(count)]


def _remove(connection: Connection, table: str) -> None:
    """Delete what the warehouse holds of those who go; where that is nobody, no table is scanned."""
    if not rows(connection, "FROM going LIMIT 1"):
        return
    validated, quarantine = tables(table)
    mine = f"{DELIVERY} IN (FROM going)"
    connection.execute(f"INSERT INTO touched SELECT DISTINCT {DATA_DATE} FROM {validated} WHERE {mine}")
    connection.execute(f"DELETE FROM {validated} WHERE {mine}")
    connection.execute(f"DELETE FROM {quarantine} WHERE {mine}")
    connection.execute(f"DELETE FROM {LOADS} WHERE delivery IN (FROM going)")


def _insert(validation: Validation, validated: str, quarantine: str) -> None:
    contract, run = validation.contract, validation.connection.execute
    own = ", ".join(quote(name) for name in (*contract.stored, *contract.lineage))
    for part in validation.parts:
        valid = f"FROM {part} WHERE {REASONS} IS NULL"
        run(f"INSERT INTO {validated} BY NAME SELECT {own}, $1 AS {JUDGED_BY} {valid}", [contract.version])
        run(
            f"INSERT INTO {quarantine} BY NAME SELECT {DELIVERY}, _file AS file, {RECORD} AS record, "
            f"{REASONS} AS reasons, {RAW}::JSON AS raw, $1 AS contract_version, _file_date AS file_date, "
            f"now()::TIMESTAMP AS quarantined_at FROM {part} WHERE {REASONS} IS NOT NULL "
            f"AND NOT EXISTS (FROM kept k WHERE k.{DELIVERY} = {part}.{DELIVERY} AND k.{RECORD} = {part}.{RECORD})",
            [contract.version],
        )
    run(f"INSERT INTO {validated} BY NAME FROM kept")


def _record(validation: Validation, tallies: Sequence[Tally]) -> None:
    """Note the deliveries the warehouse now holds, and a new version for every partition that changed."""
    run, table = validation.connection.execute, validation.contract.table
    run("INSERT INTO touched SELECT unnest($1::DATE[])", [sorted({day for t in tallies for day, _ in t.days})])
    counts = _columns([(t.key, *(getattr(t, name) for name in NUMBERS)) for t in tallies], 1 + len(NUMBERS))
    counted = ", ".join(f"unnest(${n}::BIGINT[]) AS {name}" for n, name in enumerate(NUMBERS, start=5))
    run(
        f"INSERT INTO {LOADS} BY NAME SELECT *, $1 AS table_name, $2 AS contract_version, $3 AS contract_hash "
        f"FROM mine JOIN (SELECT unnest($4) AS delivery, {counted}) USING (delivery)",
        [table, validation.contract.version, validation.contract.fingerprint, *counts],
    )
    run(
        "CREATE OR REPLACE TEMP TABLE versions AS "
        f"SELECT greatest(epoch_us(now()), 1 + coalesce(max(version), 0)) AS v FROM {PARTITIONS}"
    )
    run(f"DELETE FROM {PARTITIONS} WHERE table_name = $1 AND data_date IN (SELECT data_date FROM touched)", [table])
    run(f"INSERT INTO {PARTITIONS} SELECT DISTINCT $1, data_date, v FROM touched, versions", [table])


def _touched(connection: Connection, table: str, platform: Platform) -> list[tuple[date, int]]:
    """Every partition whose version the ledger has not heard of, also those of a load that was killed."""
    known = platform.ledger.partitions.known(table)  # day by day: a publication may have told of one day of a load
    query = f"SELECT data_date, version FROM {PARTITIONS} WHERE table_name = $1"
    return [(day, version) for day, version in rows(connection, query, [table]) if version > known.get(day, 0)]


def tables(table: str) -> tuple[str, str]:
    """The names of a table's validated and quarantined rows in the attached warehouse."""
    return f"{WAREHOUSE}.validated.{quote(table)}", f"{WAREHOUSE}.quarantine.{quote(table)}"
