"""Publish: a lake partition is made from the validated rows of its day: deduplicated, sorted, replaced at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from filelock import FileLock, Timeout

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RECORD, Contract
from dropzone_assets.engine import WAREHOUSE, Connection, attached, columns_of, conform, literals, quote, rows
from dropzone_assets.errors import LakeBusy
from dropzone_assets.ledger import Published
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import Written, write_partition
from dropzone_assets.steps.commit import PARTITIONS, tables

PATIENCE = 600
"""Seconds to wait for another process that writes to the lake."""


@dataclass(frozen=True)
class Snapshot:
    """The validated rows of some days, copied out of the warehouse: `connection` has them as table `snapshot`.

    `versions`: the version of each day's partition when it was copied; a day never written has none.
    """

    contract: Contract
    connection: Connection
    days: tuple[date, ...]
    versions: dict[date, int]


class Partition(NamedTuple):
    """One partition as the lake should hold it: `valid` rows of the day, `rows` left without duplicates."""

    day: date
    valid: int
    rows: int


def snapshot(platform: Platform, contract: Contract, days: Sequence[date]) -> Snapshot:
    """Copy the validated rows of `days` into memory, where they spill if they must, and let the warehouse go.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    connection = platform.connect()
    fields = {**contract.stored, **contract.lineage}
    conform(connection, "snapshot", {**fields, "_file_time": "TIMESTAMP", "_path": "VARCHAR"})
    versions: dict[date, int] = {}
    if platform.settings.warehouse.exists():
        with attached(connection, platform.settings.warehouse, read_only=True):
            versions = _copy(connection, contract, days)
    return Snapshot(contract, connection, tuple(days), versions)


def _copy(connection: Connection, contract: Contract, days: Sequence[date]) -> dict[date, int]:
    validated, _ = tables(contract.table)
    held = columns_of(connection, validated)
    if not held:
        return {}
    of_days = f"{DATA_DATE} IN (SELECT unnest({literals(days)}::DATE[]))"
    own = ", ".join(quote(name) for name in (*contract.stored, *contract.lineage) if name in held)
    connection.execute(
        f"INSERT INTO snapshot BY NAME SELECT {own}, l.file_time AS _file_time, l.path AS _path FROM {validated} v "
        f"JOIN {WAREHOUSE}.dropzone.loads l ON l.delivery = v.{DELIVERY} WHERE {of_days}"
    )
    return _held(connection, contract.table, days)


def _held(connection: Connection, table: str, days: Sequence[date]) -> dict[date, int]:
    """The version that the attached warehouse has of each of these days."""
    if not columns_of(connection, PARTITIONS):
        return {}
    known = rows(connection, f"SELECT data_date, version FROM {PARTITIONS} WHERE table_name = $1", [table])
    wanted = set(days)
    return {day: version for day, version in known if day in wanted}


def lake_rows(contract: Contract, relation: str = "snapshot", *, ordered: bool = True) -> str:
    """The query for what the lake holds of `relation`: one row per key, in the order of the key where it is `ordered`.

    Of several rows with one key the contract keeps the first or the last, in the order of the files' times, their
    names, and the records in them; so the result does not depend on which file was loaded when. Few keys have several
    rows, so only these are ranked.
    """
    own = ", ".join(quote(name) for name in (*contract.stored, DELIVERY, RECORD, DATA_DATE))
    arrival = ["_file_time", "_path", DELIVERY, RECORD]
    if not contract.key:
        return f"SELECT {own} FROM {relation}" + f" ORDER BY {', '.join(arrival)}" * ordered
    keys = [DATA_DATE, *map(quote, contract.key)]
    key = ", ".join(keys)
    same = " AND ".join(f"r.{name} IS NOT DISTINCT FROM t.{name}" for name in keys)
    ranked = ", ".join(name + " DESC" * (contract.keep != "first") for name in arrival)
    return (
        f"WITH twice AS MATERIALIZED (SELECT {key} FROM {relation} GROUP BY ALL HAVING count(*) > 1) "
        f"SELECT {own} FROM (SELECT {own} FROM {relation} r ANTI JOIN twice t ON {same} UNION ALL "
        f"SELECT {own} FROM {relation} r SEMI JOIN twice t ON {same} "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {ranked}) = 1)" + f" ORDER BY {key}" * ordered
    )


def deduplicate(taken: Snapshot) -> list[Partition]:
    """Make the table `lake` beside the snapshot, and count both for each day."""
    connection = taken.connection
    connection.execute(f"CREATE OR REPLACE TEMP TABLE lake AS {lake_rows(taken.contract)}")
    counts = [
        dict(rows(connection, f"SELECT {DATA_DATE}, count(*) FROM {t} GROUP BY ALL")) for t in ("snapshot", "lake")
    ]
    return [Partition(day, counts[0].get(day, 0), counts[1].get(day, 0)) for day in taken.days]


def publish(platform: Platform, taken: Snapshot, partitions: Sequence[Partition]) -> int:
    """Write each partition from the table `lake` and tell the ledger; bytes written.

    One process publishes at a time, and only what is still so: a partition that has changed since the snapshot is left
    to the run that its change made due. So the lake never goes back to an older state.
    """
    table, written = taken.contract.table, dict[date, Written]()
    with publishing(platform):
        versions = _versions(platform, taken)
        fresh = [each for each in partitions if versions.get(each.day) == taken.versions.get(each.day)]
        for partition in fresh:
            query = f"SELECT * FROM lake WHERE {DATA_DATE} = '{partition.day}'"
            spill = platform.settings.spill
            written[partition.day] = write_partition(
                taken.connection, query, platform.lake, table, partition.day, spill
            )
        known = [p for p in fresh if p.day in taken.versions]
        ledger = platform.ledger.partitions
        done = [Published(p.day, taken.versions[p.day], p.valid, p.rows, written[p.day].content_hash) for p in known]
        ledger.published(table, done)
        ledger.ingestion_changed([p.day for p in known])
    return sum(each.size for each in written.values())


@contextmanager
def publishing(platform: Platform) -> Iterator[None]:
    """One process at a time writes to the lake; the lock is the operating system's and ends with its process.

    Raises:
        LakeBusy: another process writes to it for more than ten minutes.
    """
    home = platform.settings.home
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / ".lake.lock", timeout=PATIENCE):
            yield
    except Timeout as error:
        raise LakeBusy(
            f"Another process has been writing to the lake for {PATIENCE // 60} minutes.",
            "Look at the runs in the Dagster UI; end the one that hangs. It is tried again.",
        ) from error


def _versions(platform: Platform, taken: Snapshot) -> dict[date, int]:
    """The versions of the partitions now."""
    if not platform.settings.warehouse.exists():
        return {}
    with attached(taken.connection, platform.settings.warehouse, read_only=True):
        return _held(taken.connection, taken.contract.table, taken.days)
