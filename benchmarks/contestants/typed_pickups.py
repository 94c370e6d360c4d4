"""The yardstick for pickups: DuckDB reads them with types and writes one Parquet file; nothing is validated."""

import sys

import duckdb

TYPES = {"row_id": "BIGINT", "pickup_datetime": "TIMESTAMP", "lat": "DOUBLE", "lon": "DOUBLE", "base": "VARCHAR"}


def main(source: str, target: str) -> None:
    """One statement."""
    form = "auto_detect = false, header = true, timestampformat = '%m/%d/%Y %H:%M:%S'"
    rows = f"read_csv('{source}/*.csv', columns = {TYPES}, {form})"
    duckdb.execute(f"COPY (FROM {rows}) TO '{target}/pickups.parquet' (COMPRESSION zstd)").fetchall()


if __name__ == "__main__":
    main(*sys.argv[1:])
