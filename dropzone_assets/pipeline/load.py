"""Load: validated rows go into the warehouse in one transaction, then into the ledger."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RAW, REASONS, RECORD, VALIDATED_BY
from dropzone_assets.engine import WAREHOUSE, Connection, attached, quote, rows, transaction
from dropzone_assets.ledger import MOVE, RELEASE, Tally
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.moved import Moved
from dropzone_assets.pipeline.record_numbers import keep_only
from dropzone_assets.pipeline.row_diff import Exchange, differences, keep_valid
from dropzone_assets.pipeline.shrunk import keep, shrunk
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import FACTS, LOADS, NUMBERS, PARTITIONS, Tables, facts, make_room
from dropzone_assets.pipeline.validate import Validation
from dropzone_assets.pipeline.versions import Versions, versions
from dropzone_assets.platform import Platform


def load(platform: Platform, validation: Validation, asked: Versions) -> list[Tally]:
    """Replace the rows of the load's deliveries, and of the versions they replace, by the validated rows.

    One transaction in the warehouse; then the ledger is told. Killed in between, the deliveries are loaded again, which
    changes no row; partitions touched the first time are told to the ledger the second time. So the ledger hears last
    that a delivery is loaded: until then all of this is done again.

    The lock of the warehouse is held until the ledger knows. So of two runs with versions of one file the later one
    sees what the earlier one did: what counts is asked again under the lock, and what no longer counts is left out.
    What gives fewer rows than before, out of the same bytes and by the same contract, keeps the rows it has.

    Returns:
        What was loaded.

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
        _update_ledger(platform, validation, chosen, tallies)
        for key, refusal in refused.items():
            ledger.deliveries.refused(key, refusal)
        keep(platform, chosen, staying)
    return tallies


def _update_ledger(platform: Platform, validation: Validation, chosen: Versions, tallies: list[Tally]) -> None:
    """The ledger hears what the warehouse holds; last of all that these deliveries are loaded."""
    ledger, table = platform.ledger, validation.contract.table
    ledger.partitions.touched(table, _touched(validation.connection, table, platform))
    gone = [old for _, old in chosen.gone({tally.key for tally in tallies})] + chosen.outdated
    others = ledger.worklist.of_keys([*gone, *chosen.linked, *chosen.retracted])
    retracted = set(chosen.retracted)
    days = sorted({d.file_date for d in (*chosen.current, *others)})
    ledger.partitions.ingestion_changed(days)
    ledger.completeness.forget(table, sorted({d.file_date for d in others if d.key in retracted}))
    ledger.deliveries.superseded(gone)
    ledger.retractions.retracted(chosen.retracted)
    ledger.deliveries.done_with(chosen.linked)
    ledger.deliveries.loaded(tallies, validation.contract.version)
    ledger.partitions.ingestion_changed(days)  # again: who asked since the first time has not seen what is loaded


def put(validation: Validation, chosen: Versions, refused: Sequence[str]) -> list[Tally]:
    """Everything that changes in the attached warehouse, in the transaction that is open; what is loaded now."""
    staging = Staging(validation.connection)
    into = make_room(validation.connection, validation.contract)
    exchange = _exchange(staging, validation, chosen, refused)
    for part in validation.parts:
        keep_only(validation.connection, part, [tally.key for tally in validation.tallies])
    kept = keep_valid(staging, validation, into, [d.key for d in chosen.current if d.again == RELEASE])
    tallies = differences(staging, validation, into, exchange, kept)
    touched, moved = staging.empty("touched", {"data_date": "DATE"}), Moved(staging, validation, exchange.going)
    _remove(validation.connection, into, exchange.going, touched)
    _insert(validation, into, kept)
    _record(staging, validation, tallies, exchange.coming)
    run = validation.connection.execute
    run(f"INSERT INTO {touched} SELECT unnest($1::DATE[])", [sorted({day for t in tallies for day, _ in t.days})])
    moved.note(touched)
    _raise(staging, validation.contract.table, touched)
    return tallies


def _exchange(staging: Staging, validation: Validation, chosen: Versions, refused: Sequence[str]) -> Exchange:
    """Who comes, what the warehouse holds in their place, and whose rows go."""
    held = {tally.key for tally in validation.tallies}
    coming = staging.columns("coming", FACTS, [facts(d) for d in chosen.current if d.key in held])
    older = staging.columns("older", {"winner": "VARCHAR", "old": "VARCHAR"}, chosen.gone(held))
    replaced = staging.table(
        "replaced",
        f"SELECT winner, old FROM {older} JOIN {LOADS} ON delivery = old UNION "
        f"SELECT m.delivery AS winner, l.delivery AS old FROM {coming} m JOIN {LOADS} l USING (source, path) "
        "WHERE l.table_name = $1 AND l.delivery <> m.delivery UNION "
        f"SELECT delivery AS winner, delivery AS old FROM {coming} "
        f"JOIN {LOADS} USING (delivery) WHERE contract_hash IS DISTINCT FROM $2 OR list_contains($3, delivery)",
        [
            validation.contract.table,
            validation.contract.fingerprint,
            [d.key for d in chosen.current if d.again == MOVE],
        ],
    )
    away = [*refused, *chosen.linked, *chosen.retracted]
    going = staging.table(
        "going",
        f"SELECT delivery FROM (SELECT delivery FROM {coming} UNION "
        f"SELECT old FROM {replaced} UNION SELECT unnest($1::VARCHAR[])) SEMI JOIN {LOADS} USING (delivery)",
        [away],
    )
    return Exchange(coming, replaced, going)


def _remove(connection: Connection, into: Tables, going: str, touched: str) -> None:
    """Delete what the warehouse holds of those who go; where that is nobody, no table is scanned."""
    if not rows(connection, f"FROM {going} LIMIT 1"):
        return
    mine = f"{DELIVERY} IN (FROM {going})"
    connection.execute(f"INSERT INTO {touched} SELECT DISTINCT {DATA_DATE} FROM {into.validated} WHERE {mine}")
    connection.execute(f"DELETE FROM {into.validated} WHERE {mine}")
    connection.execute(f"DELETE FROM {into.quarantine} WHERE {mine}")
    connection.execute(f"DELETE FROM {LOADS} WHERE delivery IN (FROM {going})")


def _insert(validation: Validation, into: Tables, kept: str) -> None:
    contract, run = validation.contract, validation.connection.execute
    own = ", ".join(quote(name) for name in (*contract.stored, *contract.lineage))
    for part in validation.parts:
        valid = f"FROM {part.rows} WHERE {REASONS} IS NULL"
        run(f"INSERT INTO {into.validated} BY NAME SELECT {own}, $1 AS {VALIDATED_BY} {valid}", [contract.version])
        stays = f"k.{DELIVERY} = p.{DELIVERY} AND k.{RECORD} = p.{RECORD}"
        run(
            f"INSERT INTO {into.quarantine} BY NAME SELECT {DELIVERY}, _file AS file, {RECORD} AS record, "
            f"{REASONS} AS reasons, {RAW}::JSON AS raw, $1 AS contract_version, _file_date AS file_date, "
            f"now()::TIMESTAMP AS quarantined_at FROM {part.rows} p WHERE {REASONS} IS NOT NULL "
            f"AND NOT EXISTS (FROM {kept} k WHERE {stays})",
            [contract.version],
        )
    run(f"INSERT INTO {into.validated} BY NAME FROM {kept}")


def _record(staging: Staging, validation: Validation, tallies: Sequence[Tally], coming: str) -> None:
    """Note the deliveries the warehouse now holds."""
    numbers = {"delivery": "VARCHAR", **dict.fromkeys(NUMBERS, "BIGINT")}
    counts = staging.columns("counts", numbers, [(t.key, *(getattr(t, name) for name in NUMBERS)) for t in tallies])
    staging.connection.execute(
        f"INSERT INTO {LOADS} BY NAME SELECT *, $1 AS table_name, $2 AS contract_version, $3 AS contract_hash "
        f"FROM {coming} JOIN {counts} USING (delivery)",
        [validation.contract.table, validation.contract.version, validation.contract.fingerprint],
    )


def _raise(staging: Staging, table: str, touched: str) -> None:
    """A new version for every partition that changed."""
    run = staging.connection.execute
    newer = f"SELECT greatest(epoch_us(now()), 1 + coalesce(max(version), 0)) AS v FROM {PARTITIONS}"
    newest = staging.table("newest", newer)
    run(f"DELETE FROM {PARTITIONS} WHERE table_name = $1 AND data_date IN (FROM {touched})", [table])
    run(f"INSERT INTO {PARTITIONS} SELECT DISTINCT $1, data_date, v FROM {touched}, {newest}", [table])


def _touched(connection: Connection, table: str, platform: Platform) -> list[tuple[date, int]]:
    """Every partition whose version the ledger has not heard of, also those of a load that was killed."""
    known = platform.ledger.partitions.known(table)  # day by day: a publication may have told of one day of a load
    query = f"SELECT data_date, version FROM {PARTITIONS} WHERE table_name = $1"
    return [(day, version) for day, version in rows(connection, query, [table]) if version > known.get(day, 0)]
