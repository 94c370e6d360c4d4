"""Partition sources: which deliveries made one partition of a table, and what became of it in the lake."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dropzone_assets.errors import DropzoneError
from dropzone_assets.inspect.left_out import LeftOut, left_out_of
from dropzone_assets.ledger import Contributor
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import object_path


@dataclass(frozen=True)
class Replaced:
    """An older version whose rows went when a newer one was loaded."""

    key: str
    version: str
    loaded_at: datetime | None


@dataclass(frozen=True)
class PartitionSource:
    """A delivery with valid rows on the day: `rows` of them. `late`: the day is before the file's own."""

    key: str
    source: str
    path: str
    version: str
    rows: int
    late: bool
    loaded_at: datetime | None
    contract_version: str
    added: int | None
    removed: int | None
    changed: int | None
    replaced: Sequence[Replaced]


@dataclass(frozen=True)
class PartitionSources:
    """A partition: who made it, and how far it has come. None where it was never touched or published.

    `due`: the lake does not hold it as the warehouse does. `duplicates`: rows that the lake left out; `elsewhere`:
    those whose key it has on another day. `bytes`: of the object in the lake; None when there is none, or the lake does
    not say.
    """

    table: str
    day: date
    files: Sequence[PartitionSource]
    version: int
    published: int
    published_at: datetime | None
    summarised: int
    due: bool
    unsummarised: bool
    valid: int
    lake_rows: int
    duplicates: int
    elsewhere: Sequence[LeftOut]
    uri: str
    bytes: int | None


def explain_partition(platform: Platform, table: str, day: date) -> PartitionSources:
    """The deliveries that have rows on a day of a table, oldest file first, and what the lake holds of it.

    Raises:
        Permanent: there is no such table.
        WarehouseBusy: a run holds the warehouse, which is asked where a key is there once over all days.
    """
    contract = platform.contract(table)
    table = contract.table
    rows = platform.ledger.queries.contributors(table, day)
    older: dict[str, list[Replaced]] = {}
    for row in platform.ledger.search.replaced([row.key for row in rows if row.rows_added is not None]):
        older.setdefault(row.by, []).append(Replaced(row.key, row.version, row.loaded_at))
    held = platform.ledger.partitions.of_days(table, [day]).get(day)
    numbers = ("version", "published", "summarised", "valid", "lake_rows")
    version, published, summarised, valid, lake_rows = (getattr(held, name, 0) for name in numbers)
    path = object_path(table, day)
    return PartitionSources(
        table,
        day,
        [_source(row, day, older.get(row.key, [])) for row in rows],
        version,
        published,
        getattr(held, "published_at", None),
        summarised,
        version > published,
        published > summarised,
        valid,
        lake_rows,
        valid - lake_rows,
        left_out_of(platform, contract, day),
        platform.lake.uri(path),
        _size(platform, path) if published else None,
    )


def _source(row: Contributor, day: date, replaced: Sequence[Replaced]) -> PartitionSource:
    return PartitionSource(
        row.key,
        row.source,
        row.path,
        row.version,
        row.on_day,
        day < row.file_date,
        row.loaded_at,
        row.contract_version,
        row.rows_added,
        row.rows_removed,
        row.rows_changed,
        replaced,
    )


def _size(platform: Platform, path: str) -> int | None:
    """Bytes of an object in the lake; a lake that does not answer keeps nobody from the rest."""
    try:
        return platform.lake.size(path)
    except DropzoneError:
        return None
