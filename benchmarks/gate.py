"""The gate: a result is read back and added up, and its numbers count only if nothing differs from the truth."""

from pathlib import Path

import duckdb

from benchmarks.truth import Truth, row_hash

LAKE = (
    "SELECT transaction_id AS id, transaction_ts AS ts, user_id, amount::DECIMAL(18, 2) AS amount, currency, status, "
    "product_id, payment_method "
    "FROM read_parquet('{lake}/**/*.parquet', hive_partitioning = false)"
)


def found(lake: Path, refused: str) -> Truth:
    """What a result adds up to.

    Args:
        lake: the folder of its Parquet files.
        refused: a query for `file`, `record`, `reasons` and `text` (a struct or JSON).
    """
    truth = Truth()
    with duckdb.connect(config={"memory_limit": "6GB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        truth.set_lake(connection, f"SELECT amount, {row_hash()} FROM ({LAKE.format(lake=lake)})")
        if refused:
            truth.add_refused(connection, refused)
    return truth


def of_product(home: Path) -> Truth:
    """What is in the lake and the quarantine of a home."""
    truth = Truth()
    with duckdb.connect(config={"memory_limit": "6GB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        lake = LAKE.format(lake=home / "lake" / "transactions")
        truth.set_lake(connection, f"SELECT amount, {row_hash()} FROM ({lake})")
        connection.execute(f"ATTACH '{home / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        rows = "SELECT split_part(file, '/', -1) AS file, record, list_sort(reasons) AS reasons, raw AS text"
        truth.add_refused(connection, f"{rows} FROM warehouse.quarantine.transactions")
    return truth
