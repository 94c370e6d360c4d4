"""The ledger healed: deliveries that the warehouse holds are written down again, and all days are published again."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY
from dropzone_assets.engine import WAREHOUSE, Connection, attached, columns_of, rows
from dropzone_assets.errors import StoreLost
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import INGESTION, LOADED, Recovered, Tally
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.generations import LAKE, held_by_lake, write_lake
from dropzone_assets.pipeline.publish import alone
from dropzone_assets.pipeline.tables import FACTS, LOADS, NUMBERS, PARTITIONS, tables
from dropzone_assets.platform import Platform

NOT_HELD = "The ledger was an older copy, and the warehouse holds no rows of it any more."


def heal_ledger(platform: Platform) -> tuple[int, list[str]]:
    """Write down what the warehouse holds; how many deliveries, and the paths of those that it notes too little of.

    What the ledger held as loaded and the warehouse does not, has been replaced or taken back since, so it is taken
    back. The journal, failures, and what was taken back or linked while the lost ledger was kept, are gone. Killed
    anywhere, it is done again.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
        LakeBusy: another process writes to the lake.
    """
    ledger = platform.ledger
    with closing(platform.connect()) as connection, attached(connection, platform.settings.warehouse, read_only=False):
        try:
            generations.check(platform, connection)
        except StoreLost:
            found, poor = _noted(connection)
            ledger.recovery.put_back(found)
            _take_back(platform, {each.delivery.key: each.delivery for each in found}, set(poor))
            _partitions(platform, connection)
            head = generations.held(connection)
            if head:
                ledger.home.hear(WAREHOUSE, head)
            else:
                generations.first(platform, connection)
        else:
            return 0, []
    with alone(platform):
        write_lake(platform, ledger.home.heard(LAKE).next(held_by_lake(platform)))
    return len(found), sorted(poor.values())


def _noted(connection: Connection) -> tuple[list[Recovered], dict[str, str]]:
    """The loads of the attached warehouse; and key → path of those of a time when too little was noted."""
    held = columns_of(connection, LOADS)
    names = ("delivery", "table_name", "contract_version", *list(FACTS)[1:], *NUMBERS)
    own = ", ".join(name if name in held else f"NULL AS {name}" for name in names)
    days: dict[str, list[tuple[date, int]]] = {}
    loads = [dict(zip(names, row, strict=True)) for row in rows(connection, f"SELECT {own} FROM {LOADS}")]
    for table in sorted({load["table_name"] for load in loads}):
        if columns_of(connection, tables(table)[0]):
            query = f"SELECT {DELIVERY}, {DATA_DATE}, count(*) FROM {tables(table)[0]} GROUP BY ALL"
            for key, day, count in rows(connection, query):
                days.setdefault(key, []).append((day, count))
    rich = [load for load in loads if load["content_hash"]]
    poor = {load["delivery"]: load["path"] for load in loads if not load["content_hash"]}
    return [_recovered(load, days.get(load["delivery"], ())) for load in rich], poor


def _recovered(load: dict[str, object], days: Sequence[tuple[date, int]]) -> Recovered:
    facts = {name: load[name] for name in list(FACTS)[1:]}
    delivery = Delivery(key=load["delivery"], table=load["table_name"], state=LOADED, **facts)  # type: ignore[arg-type]
    numbers = {name: load[name] for name in NUMBERS}
    tally = Tally(key=delivery.key, days=tuple(sorted(days)), **numbers)  # type: ignore[arg-type]
    return Recovered(delivery, tally, str(load["contract_version"] or ""))


def _take_back(platform: Platform, held: dict[str, Delivery], poor: set[str]) -> None:
    """What is loaded by the ledger alone: another version has taken its place, or it was taken back."""
    ledger, locations = platform.ledger, {delivery.location for delivery in held.values()}
    lacking = [row for row in ledger.queries.all_loaded() if row.key not in held and row.key not in poor]
    replaced = [row.key for row in lacking if (row.source, row.path, row.table_name) in locations]
    others = [row.key for row in lacking if row.key not in set(replaced)]
    ledger.deliveries.superseded(replaced)
    ledger.retractions.retract(others, NOT_HELD)
    ledger.retractions.retracted(others)


def _partitions(platform: Platform, connection: Connection) -> None:
    """Every partition is due, in the version that the warehouse has."""
    book = platform.ledger.partitions
    if not columns_of(connection, PARTITIONS):
        return
    found: dict[str, list[tuple[date, int]]] = {}
    for table, day, version in rows(connection, f"SELECT table_name, data_date, version FROM {PARTITIONS}"):
        found.setdefault(table, []).append((day, version))
    for table, versions in found.items():
        book.touched(table, versions)
        book.lapse(table, [day for day, _ in versions])
    days = {row.file_date for row in platform.ledger.queries.all_loaded()} | {d for v in found.values() for d, _ in v}
    book.ingestion_changed(sorted({*days, *book.days(INGESTION)}))
