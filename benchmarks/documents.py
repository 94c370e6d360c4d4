"""JSON documents of events from a seed; one event in a hundred breaks a rule in a way that JSON's own types allow."""

from pathlib import Path

import duckdb

from benchmarks.gate import sums, sums_of
from benchmarks.truth import Sums

EVENTS = 1_000
"""In a document."""

MADE = """
SELECT i AS event_id, CASE WHEN hash(i + 1) % 300 <> 0 THEN 'V' || hash(i + 2) % 5000 END AS vehicle_id,
    strftime(TIMESTAMP '2024-01-01' + to_seconds(i * 86400 * 30 // {events}), '%Y-%m-%dT%H:%M:%SZ') AS event_time,
    CASE WHEN hash(i + 3) % 300 = 0 THEN 'TELEPORTED'
        ELSE ['DOOR', 'IGNITION', 'SPEED', 'FUEL'][1 + (hash(i + 4) % 4)::INT] END AS event_type,
    (hash(i + 5) % 100000)::INT / 100.0 * CASE WHEN hash(i + 6) % 300 = 0 THEN -1 ELSE 1 END - 0.01 AS value,
    {{'odometer': hash(i + 8) % 300000, 'driver': 'd' || hash(i + 9) % 900}} AS extra
FROM range({events}) t(i)
"""

SUMS = {
    "events": "count(*)",
    "event numbers": "sum(event_id)::BIGINT",
    "vehicles": "sum(hash(vehicle_id) % 1000)::BIGINT",
    "values": "sum(round(value * 100)::BIGINT)::BIGINT",
    "times": "sum(epoch_us(event_time::TIMESTAMPTZ) // 1000000)::BIGINT",
    "odometers": "sum((extra->>'odometer')::BIGINT)::BIGINT",
}


def write(folder: Path, documents: int) -> Sums:
    """Documents of a thousand events each, `{"source": …, "events": […]}`."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE made AS {MADE.format(events=documents * EVENTS)}")
        whole = "SELECT to_json({'source': 'gateway', 'events': list(made ORDER BY event_id)})::VARCHAR FROM made"
        for number, (text,) in enumerate(
            connection.execute(f"{whole} GROUP BY event_id // {EVENTS} ORDER BY event_id // {EVENTS}").fetchall()
        ):
            (folder / f"events_20240130_{number:05d}.json").write_text(text)
        good = "vehicle_id IS NOT NULL AND event_type <> 'TELEPORTED' AND value >= 0"
        kept = f"(SELECT * REPLACE (to_json(extra) AS extra) FROM made WHERE {good})"
        return sums(connection, kept, SUMS)


def found(lake: Path) -> Sums:
    """What a folder of Parquet adds up to."""
    return sums_of(lake, SUMS)
