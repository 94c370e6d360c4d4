"""One Parquet object per table and day, replaced atomically, in a folder tree that every engine understands.

The tree is Hive's: https://duckdb.org/docs/data/partitioning/hive_partitioning
"""

from datetime import date
from pathlib import Path
from uuid import uuid4

from dropzone_assets.engine import Connection, literal, rows
from dropzone_assets.store import Store


def object_path(table: str, day: date) -> str:
    """Where the partition of one day rests in the lake."""
    return f"{table}/year={day:%Y}/month={day:%m}/day={day:%d}/{table.rsplit('/', 1)[-1]}.parquet"


def write_partition(
    connection: Connection, query: str, store: Store, table: str, day: date, spill: Path
) -> tuple[int, int]:
    """Write the rows of `query`, in its order, as the partition of `day`; rows and bytes written.

    Without rows the partition disappears. Readers see the old object or the new one, never a part of either.
    """
    spill.mkdir(parents=True, exist_ok=True)
    file = spill / f"partition-{uuid4().hex}.parquet"
    path = object_path(table, day)
    try:
        target = literal(str(file))
        count = int(rows(connection, f"COPY ({query}) TO {target} (FORMAT parquet, COMPRESSION zstd)")[0][0])
        size = file.stat().st_size if count else 0
        if count:
            store.adopt(file, path)
        else:
            store.delete(path)
    finally:
        file.unlink(missing_ok=True)
    return count, size


def partition_uris(store: Store, table: str, days: list[date] | None = None) -> list[str]:
    """What DuckDB opens to read a table's partitions (of these days); empty when there are none."""
    if days is not None and len(days) <= FEW:
        paths = [path for day in days if store.exists(path := object_path(table, day))]
    else:
        wanted = None if days is None else {object_path(table, day) for day in days}
        paths = [p for p in store.paths(table) if p.endswith(".parquet") and (wanted is None or p in wanted)]
    return [store.uri(path) for path in paths]


FEW = 8
"""Up to this many days it is cheaper to ask for each object than to list the table."""
