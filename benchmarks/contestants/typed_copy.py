"""The yardstick Y: DuckDB reads, types and writes; it validates nothing, and drops what cannot be cast."""

import sys

import duckdb

TYPES = {
    "transaction_id": "VARCHAR",
    "transaction_ts": "TIMESTAMPTZ",
    "user_id": "VARCHAR",
    "amount": "DECIMAL(18, 2)",
    "currency": "VARCHAR",
    "status": "VARCHAR",
    "product_id": "VARCHAR",
    "payment_method": "VARCHAR",
}


def main(source: str, target: str) -> None:
    """One statement; a partition a day."""
    duckdb.execute("SET TimeZone = 'UTC'")
    duckdb.execute(
        "COPY (SELECT *, year(transaction_ts) AS year, month(transaction_ts) AS month, day(transaction_ts) AS day "
        f"FROM read_csv('{source}/*.csv', columns = {TYPES}, auto_detect = false, header = true, "
        "ignore_errors = true)) "
        f"TO '{target}/lake' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day))"
    ).fetchall()


if __name__ == "__main__":
    main(*sys.argv[1:])
