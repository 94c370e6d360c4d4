"""Publish: a lake partition is made from the validated rows of its day: deduplicated, sorted, replaced at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from filelock import FileLock, Timeout

from dropzone_assets.contracts import DATA_DATE, Contract
from dropzone_assets.engine import Connection, attached, columns_of, quote, rows
from dropzone_assets.errors import LakeBusy
from dropzone_assets.ledger import Published
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.awaited import awaited
from dropzone_assets.pipeline.deduplicate import ARRIVAL, left_out, valid_rows, with_arrival
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import PARTITIONS
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import Written, write_partition

PATIENCE = 600
"""Seconds to wait for another process that writes to the lake."""

SORTED = 1_000_000
"""Rows that are sorted at one time: what is sorted is in memory twice."""


class Partition(NamedTuple):
    """One partition as the lake should hold it: `valid` rows of the day, `rows` left without duplicates."""

    day: date
    valid: int
    rows: int


@dataclass(frozen=True)
class Snapshot:
    """What the lake should hold of some days, copied out of the warehouse.

    `rows`: a table of `connection`, sorted by day. `versions`: the version of each day's partition when it was copied;
    a day never written has none.
    """

    contract: Contract
    connection: Connection
    rows: str
    partitions: tuple[Partition, ...]
    versions: dict[date, int]


def snapshot(platform: Platform, contract: Contract, days: Sequence[date]) -> Snapshot:
    """Copy what the lake should hold of `days`, where it spills if it must, and let the warehouse go.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
        StoreLost: it lacks what the ledger has, or the other way round.
    """
    connection = platform.connect()
    staging = Staging(connection)
    copied = staging.empty("lake", _columns(contract))
    valid: dict[date, int] = {}
    versions: dict[date, int] = {}
    if generations.check_there(platform):
        with attached(connection, platform.settings.warehouse, read_only=True):
            generations.check(platform, connection)
            valid = _copy(staging, copied, contract, days)
            versions = _held(connection, contract.table, days)
    kept = dict(rows(connection, f"SELECT {DATA_DATE}, count(*) FROM {copied} GROUP BY ALL"))
    partitions = tuple(Partition(day, valid.get(day, 0), kept.get(day, 0)) for day in days)
    return Snapshot(contract, connection, copied, partitions, versions)


def _columns(contract: Contract) -> dict[str, str]:
    return {**contract.stored, **contract.lineage}


def _copy(staging: Staging, into: str, contract: Contract, days: Sequence[date]) -> dict[date, int]:
    """One row per key, in the order of the key; without one, in the order of arrival. Valid rows by day."""
    connection = staging.connection
    valid = valid_rows(connection, contract, days)
    duplicates = left_out(staging, contract, days)
    own = ", ".join(map(quote, _columns(contract)))
    joined = "" if contract.key else with_arrival()
    order = ", ".join([DATA_DATE, *(map(quote, contract.key) if contract.key else ARRIVAL)])
    counts = dict(rows(connection, f"SELECT {DATA_DATE}, count(*) FROM ({valid}) GROUP BY ALL"))
    for piece in in_pieces(sorted(counts.items()), SORTED):
        connection.execute(
            f"INSERT INTO {into} BY NAME SELECT {own} FROM ({valid_rows(connection, contract, piece)}) "
            f"ANTI JOIN {duplicates} USING (_row) {joined} ORDER BY {order}"
        )
    return counts


def in_pieces(counts: Iterable[tuple[date, int]], most: int) -> Iterator[list[date]]:
    """Days with their numbers of rows, in pieces of at most `most` rows, or of one day."""
    piece: list[date] = []
    size = 0
    for day, count in counts:
        if piece and size + count > most:
            yield piece
            piece, size = [], 0
        piece.append(day)
        size += count
    if piece:
        yield piece


def _held(connection: Connection, table: str, days: Sequence[date]) -> dict[date, int]:
    """The version that the attached warehouse has of each of these days."""
    if not columns_of(connection, PARTITIONS):
        return {}
    known = rows(connection, f"SELECT data_date, version FROM {PARTITIONS} WHERE table_name = $1", [table])
    wanted = set(days)
    return {day: version for day, version in known if day in wanted}


def publish(platform: Platform, taken: Snapshot) -> int:
    """Write each partition of a snapshot and tell the ledger; bytes written.

    One process publishes at a time, and only what is still so: a partition that has changed since the snapshot is left
    to the run that its change made due. So the lake never goes back to an older state. A day of which rows are still to
    be loaded again, because the warehouse had lost them, stays as it is.
    """
    table, written = taken.contract.table, dict[date, Written]()
    with publishing(platform):
        versions, waiting = _versions(platform, taken), awaited(platform).get(table, set())
        same = [each for each in taken.partitions if versions.get(each.day) == taken.versions.get(each.day)]
        fresh = [each for each in same if each.day not in waiting]
        with platform.lake.writing() as writing:
            for partition in fresh:
                query = f"SELECT * FROM {taken.rows} WHERE {DATA_DATE} = '{partition.day}'"
                location = (table, partition.day, platform.settings.spill)
                written[partition.day] = write_partition(taken.connection, query, platform.lake, writing, *location)
        known = [p for p in fresh if p.day in taken.versions]
        ledger = platform.ledger.partitions
        done = [Published(p.day, taken.versions[p.day], p.valid, p.rows, written[p.day].content_hash) for p in known]
        ledger.published(table, done)
        ledger.ingestion_changed([p.day for p in known])
    return sum(each.size for each in written.values())


@contextmanager
def publishing(platform: Platform) -> Iterator[None]:
    """One process at a time writes to the lake, whose generation is the next one afterwards.

    A lake that is lost or an older copy keeps the generation it has, so that this is not forgotten.

    Raises:
        LakeBusy: another process writes to it for more than ten minutes.
    """
    with alone(platform):
        coming = generations.begin_lake(platform)
        yield
        if coming:
            generations.write_lake(platform, coming)


@contextmanager
def alone(platform: Platform) -> Iterator[None]:
    """The only process that writes to the lake; the lock is the operating system's and ends with its process.

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
    if not generations.check_there(platform):
        return {}
    with attached(taken.connection, platform.settings.warehouse, read_only=True):
        generations.check(platform, taken.connection)
        return _held(taken.connection, taken.contract.table, [each.day for each in taken.partitions])
