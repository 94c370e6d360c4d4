"""The pickups of floe's published benchmark (docs/benchmarking.md of github.com/malon64/floe), with made-up places.

Its script replays a public file of New York and gives every row a number that only grows; every ten thousandth has no
time. That file is not ours to ship, so rows like its rows are made here: the same columns, spellings and rules.
"""

from pathlib import Path

import duckdb

from benchmarks.gate import sums, sums_of
from benchmarks.truth import Sums

MADE = """
SELECT i + 1 AS row_id,
    CASE WHEN (i + 1) % 10000 <> 0 THEN strftime(TIMESTAMP '2014-04-01' + to_minutes((hash(i) % 43200)::BIGINT),
        '%-m/%-d/%Y %-H:%M:00') END AS pickup_datetime,
    round(40.5 + (hash(i + 7) % 5000) / 10000.0, 4) AS lat, round(-74.2 + (hash(i + 9) % 5000) / 10000.0, 4) AS lon,
    ['B02512', 'B02598', 'B02617', 'B02682', 'B02764'][1 + (hash(i + 11) % 5)::INT] AS base
FROM range({rows}) t(i)
"""

SUMS = {
    "rows": "count(*)",
    "row numbers": "sum(row_id)::BIGINT",
    "times": "count(pickup_datetime)",
    "latitudes": "round(sum(lat)::DECIMAL(38, 4))::BIGINT",
    "bases": "sum(hash(base) % 1000)::BIGINT",
}


def write(folder: Path, rows: int) -> Sums:
    """One file."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE made AS {MADE.format(rows=rows)}")
        connection.execute(f"COPY (FROM made ORDER BY row_id) TO '{folder}/uber_20140430.csv' (HEADER)")
        return sums(connection, "made", SUMS)


def found(lake: Path) -> Sums:
    """What a folder of Parquet adds up to."""
    return sums_of(lake, SUMS)
