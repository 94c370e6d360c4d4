"""Bare DuckDB over JSON documents: `read_json` with the types said, a row an event, Parquet a day, unvalidated."""

import sys

import duckdb

EVENT = (
    "STRUCT(event_id BIGINT, vehicle_id VARCHAR, event_time TIMESTAMPTZ, event_type VARCHAR, value DOUBLE, extra JSON)"
)


def main(source: str, target: str) -> None:
    """One statement."""
    duckdb.execute("SET TimeZone = 'UTC'")
    events = f"read_json('{source}/*.json', columns = {{events: '{EVENT}[]'}})"
    days = ", ".join(f"{unit}(event_time) AS {unit}" for unit in ("year", "month", "day"))
    duckdb.execute(
        f"COPY (SELECT *, {days} FROM (SELECT unnest(events, max_depth := 2) FROM {events})) "
        f"TO '{target}/lake' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day))"
    ).fetchall()


if __name__ == "__main__":
    main(*sys.argv[1:])
