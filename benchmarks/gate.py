"""The gate: a result is read back and added up, and its numbers count only if nothing differs from the truth."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.truth import Sums, lake_sums, refused_sums, row_hash

ROWS = (
    "SELECT transaction_id AS id, transaction_ts AS ts, user_id, amount::DECIMAL(18, 2) AS amount, currency, status, "
    "product_id, payment_method FROM {parquet}"
)
PARQUET = "read_parquet('{folder}/**/*.parquet', hive_partitioning = false)"


@contextmanager
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in UTC that leaves memory to others."""
    with duckdb.connect(config={"memory_limit": "6GB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def transactions_of(lake: Path, refused: str) -> Sums:
    """What a peer's result adds up to.

    Args:
        lake: the folder of its Parquet files.
        refused: a query for `file`, `record`, `reasons` and `text`.
    """
    with opened() as connection:
        rows = ROWS.format(parquet=PARQUET.format(folder=lake))
        return lake_sums(connection, f"SELECT amount, {row_hash()} FROM ({rows})") | refused_sums(connection, refused)


def transactions_of_home(home: Path) -> Sums:
    """What is in the lake and the quarantine of a home."""
    with opened() as connection:
        rows = ROWS.format(parquet=PARQUET.format(folder=home / "lake" / "transactions"))
        connection.execute(f"ATTACH '{home / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        refused = "SELECT split_part(file, '/', -1) AS file, record, reasons, raw AS text"
        return lake_sums(connection, f"SELECT amount, {row_hash()} FROM ({rows})") | refused_sums(
            connection, f"{refused} FROM warehouse.quarantine.transactions"
        )


def sums_of(lake: Path, expressions: Mapping[str, str]) -> Sums:
    """Aggregates over a folder of Parquet, as text, by name."""
    with opened() as connection:
        return sums(connection, PARQUET.format(folder=lake), expressions)


def sums(connection: duckdb.DuckDBPyConnection, relation: str, expressions: Mapping[str, str]) -> Sums:
    """Aggregates over a relation, as text, by name."""
    asked = ", ".join(f"({expression})::VARCHAR" for expression in expressions.values())
    found = connection.execute(f"SELECT {asked} FROM {relation}").fetchall()[0]
    return dict(zip(expressions, found, strict=True))
