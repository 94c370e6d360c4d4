"""A ledger of a million deliveries: how long a person waits for an answer, and how long a tick of each sensor takes.

The ledger is filled by SQL, with what ten years of files leave behind: journals, rows per day, archives with members,
older versions, failures. Then each question is asked in this process, ten times.
"""

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import dagster as dg
from sqlalchemy import text
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.ledger import open_ledger
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.settings import Settings

DELIVERIES = int(os.environ.get("DELIVERIES", 1_000_000))
TABLES, DAYS, ROUNDS = 10, 3_650, 9

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: urn:bench:{0}
version: 1.0.0
status: active
customProperties: [{{property: dropzone, value: {{files: ["{0}_%Y%m%d_*.csv"]}}}}]
schema: [{{name: {0}, properties: [{{name: id}}]}}]
"""

FILL = """
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {deliveries}),
kinds AS (
    SELECT n, n % 20 = 0 AS packs, n % 20 = 19 AS inside, n % 50 = 7 AS old, n % 2000 = 3 AS failed,
        n + CASE n % 50 WHEN 7 THEN {tables} ELSE 0 END AS file, n / 20 * 20 AS around FROM counted
), made AS (
    SELECT *, 't' || (n % {tables}) AS own, date('2014-01-01', '+' || (file / {tables} % {days}) || ' days') AS day
    FROM kinds
), named AS (
    SELECT *, CASE WHEN packs THEN n || '.zip' ELSE own || '_' || replace(day, '-', '') || '_' || (file / 100) || '.csv'
    END AS name FROM made
)
INSERT INTO deliveries (key, source, path, name, version, size, arrived, table_name, file_time, file_date, state, batch,
    attempts, stage, reason, cure, content_hash, same_as, parent, leaving, rows_read, valid, quarantined, late,
    fetched_at, loaded_at, contract_version)
SELECT printf('%08x%012x', n * 2654435761 % 4294967296, n), 'dropzone',
    CASE WHEN packs THEN 'packed/' WHEN inside THEN 'packed/' || around || '.zip!/' ELSE 'in/' END || name, name,
    (1000 + n) || '-1', 1000, datetime(day, '+1 day', '-' || old || ' hours') || '.000000',
    CASE WHEN packs THEN 'files' ELSE own END, day || ' 08:00:00.000000', day,
    CASE WHEN packs THEN 'opened' WHEN failed THEN 'failed' WHEN old THEN 'superseded' ELSE 'loaded' END,
    printf('%020x', n / 100), 1, iif(failed, 'transform', ''),
    iif(failed, name || ' names no column the contract knows.', ''), iif(failed, 'Ask the sender again.', ''),
    printf('%064x', n), '', iif(inside, printf('%08x%012x', around * 2654435761 % 4294967296, around), ''),
    iif(failed OR old, '', 'left'), 100, 98, 2, 0, day || ' 09:00:00.000000',
    iif(packs OR failed, NULL, day || ' 09:01:00.000000'), '1.0.0'
FROM named
"""

JOURNAL = """
INSERT INTO journal (key, at, event, run, said)
SELECT key, fetched_at, 'fetched', 'run-' || batch, '1,000 bytes' FROM deliveries UNION ALL
SELECT key, coalesce(loaded_at, fetched_at), CASE state WHEN 'superseded' THEN 'loaded' ELSE state END, 'run-' || batch,
    '100 rows read: 98 valid, 2 quarantined' FROM deliveries
"""

CONTRIBUTIONS = """
INSERT INTO contributions (key, data_date, table_name, valid)
SELECT key, file_date, table_name, 97 FROM deliveries WHERE state = 'loaded' UNION ALL
SELECT key, date(file_date, '-1 day'), table_name, 1 FROM deliveries WHERE state = 'loaded'
"""

PARTITIONS = """
INSERT INTO partitions (table_name, data_date, version, published, summarised, published_at, valid, lake_rows)
SELECT table_name, data_date, 7, 7, 7, '2024-05-01 09:02:00.000000', sum(valid), sum(valid)
FROM contributions GROUP BY table_name, data_date
"""


def fill(home: Path) -> None:
    """A home with contracts, ten files at its source, and a ledger of many deliveries."""
    (home / "contracts").mkdir(parents=True)
    (home / "dropzone").mkdir()
    for n in range(TABLES):
        (home / "contracts" / f"t{n}.odcs.yaml").write_text(CONTRACT.format(f"t{n}"))
        (home / "dropzone" / f"t{n}_20240501_new.csv").write_text("id\n1\n")
    (home / "sources.yaml").write_text(
        "sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0, after: move, move_to: done}\n"
    )
    ledger = open_ledger(Settings(home=home).ledger)
    numbers = {"deliveries": DELIVERIES, "tables": TABLES, "days": DAYS}
    with ledger.engine.begin() as connection:
        for statement in (FILL.format(**numbers), JOURNAL, CONTRIBUTIONS, PARTITIONS):
            begun = perf_counter()
            connection.execute(text(statement))
            print(f"{statement.split('INSERT INTO ')[1].split()[0]:15} {perf_counter() - begun:.1f} s", file=sys.stderr)
    ledger.engine.dispose()


def told(home: Path, *arguments: str) -> Callable[[], object]:
    """A command, in this process."""

    def ask() -> object:
        answer = CliRunner().invoke(app, list(arguments), env={"DROPZONE_HOME": str(home)}, catch_exceptions=False)
        assert answer.exit_code in (0, 1), answer.output
        return answer

    return ask


def ticked(home: Path, instance: dg.DagsterInstance, name: str) -> Callable[[], object]:
    """A tick, as the daemon evaluates it."""
    definitions = build(Settings(home=home))
    sensor: Any = definitions.resolve_sensor_def(name)

    def tick() -> object:
        resources = definitions.resources
        with dg.build_sensor_context(instance=instance, resources=resources, definitions=definitions) as context:
            return sensor.evaluate_tick(context)

    return tick


def main(home: Path) -> None:
    """Fill the ledger, ask, print the table."""
    if not (home / "sources.yaml").exists():
        fill(home)
    name = "t1_20140101_0.csv"
    with dg.DagsterInstance.ephemeral() as instance:
        questions = {
            "`dropzone explain NAME`": told(home, "explain", name),
            "`dropzone explain PATH`": told(home, "explain", f"in/{name}"),
            "`dropzone explain` of a file never seen": told(home, "explain", "t3_20991231_1.csv"),
            "`dropzone explain TABLE PARTITION`": told(home, "explain", "t1", "2015-05-01"),
            "`dropzone status`": told(home, "status"),
            "`dropzone status --failed`": told(home, "status", "--failed"),
            "a tick of `watch_dropzone`": ticked(home, instance, "watch_dropzone"),
            "a tick of `publish_due_partitions`": ticked(home, instance, "publish_due_partitions"),
        }
        print(f"| {DELIVERIES:,} deliveries | first, ms | median, ms | slowest later, ms |\n|---|---|---|---|")
        for said, ask in questions.items():
            spent = []
            for _ in range(1 + ROUNDS):
                begun = perf_counter()
                with redirect_stdout(StringIO()):
                    ask()
                spent.append(1000 * (perf_counter() - begun))
            later = f"{median(spent[1:]):.0f} | {max(spent[1:]):.0f}"
            print(f"| {said} | {spent[0]:.0f} | {later} |", flush=True)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory(prefix="dropzone-bench-") as folder:
            main(Path(folder) / "home")
