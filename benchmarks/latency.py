"""Latency: how long after a file is dropped its row is in the lake, while `dropzone up` runs; and what idling costs.

A platform of its own is started in a new home. Files are renamed into its folder, so they are finished when they appear
and need no time to settle: first one after another at random moments, then many at once, a few times. An analyst polls
the lake.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import psutil
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: urn:bench:orders
version: 1.0.0
status: active
customProperties:
  - {property: dropzone, value: {files: ["orders_*.csv"], summary: "SELECT count(*) AS orders FROM lake"}}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: string, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: at, logicalType: timestamp, required: true, partitioned: true, partitionKeyPosition: 1}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(18,2)", required: true}
"""

SOURCES = "sources: [{name: dropzone, url: dropzone, settle_seconds: 0, poll_seconds: 0.25}]"

ROWS = 20
"""Rows of a file."""

PATIENCE = 120.0
"""Seconds after which a file counts as lost."""

Latencies = dict[str, float]


class Sender:
    """Drops files and looks at the lake until their rows are there."""

    def __init__(self, home: Path) -> None:
        self._dropzone, self._lake = home / "dropzone", home / "lake"
        self._hidden = home / "hidden"
        self._hidden.mkdir()

    def drop(self, name: str) -> float:
        """Rename a finished file into the dropzone; when that was."""
        at = datetime.now(UTC)
        lines = [f"{name}-{row},{at:%Y-%m-%dT%H:%M:%SZ},{row}.50" for row in range(ROWS)]
        file = self._hidden / f"orders_{name}.csv"
        file.write_text("\n".join(["id,at,amount", *lines, ""]))
        file.rename(self._dropzone / file.name)
        return time.perf_counter()

    def follow(self, dropped: Latencies) -> Latencies:
        """Seconds after which the rows of each file were in the lake."""
        found: Latencies = {}
        while waiting := dropped.keys() - found.keys():
            there, now = self._there(), time.perf_counter()
            found |= {name: now - dropped[name] for name in waiting & there}
            if now - min(dropped.values()) > PATIENCE:
                raise SystemExit(f"{len(waiting)} files are not in the lake after {PATIENCE:.0f} seconds.")
            time.sleep(0.02)
        return found

    def _there(self) -> set[str]:
        """The files all of whose rows are in the lake."""
        if not next(self._lake.glob("orders/**/*.parquet"), None):
            return set()
        asked = (
            f"SELECT regexp_replace(id, '-[0-9]+$', '') AS name FROM '{self._lake}/orders/**/*.parquet' "
            f"GROUP BY name HAVING count(*) = {ROWS}"
        )
        return {name for (name,) in duckdb.sql(asked).fetchall()}


@contextmanager
def platform() -> Iterator[tuple[Path, psutil.Process]]:
    """A home whose `dropzone up` runs for the length of the block; the home, and the process."""
    home = Path(mkdtemp(prefix="dropzone-bench-"))
    (home / "contracts").mkdir()
    (home / "dropzone").mkdir()
    (home / "contracts" / "orders.odcs.yaml").write_text(CONTRACT)
    (home / "sources.yaml").write_text(
        "sources: [{name: dropzone, url: dropzone, settle_seconds: 0, poll_seconds: 0.25}]"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DROPZONE_", "DAGSTER_"))}
    clean.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", "from dropzone_assets.cli import main; main()", "up", "--port", str(port)]
    with (home / "up.log").open("w") as log:
        process = subprocess.Popen(
            command, env={**clean, "DROPZONE_HOME": str(home)}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield home, psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            shutil.rmtree(home, ignore_errors=True)


def cpu(process: psutil.Process) -> float:
    """Cpu seconds that a process and all below it have taken so far."""
    spent = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            times = each.cpu_times()
        except psutil.Error:
            continue
        spent += times.user + times.system + times.children_user + times.children_system
    return spent


def idle(process: psutil.Process, seconds: float) -> float:
    """The share of one core that a platform takes when nothing comes."""
    time.sleep(12)  # what came in is still being told
    before, start = cpu(process), time.perf_counter()
    for _ in track(range(100), f"nothing comes for {seconds:.0f} s", transient=True):
        time.sleep(seconds / 100)
    return (cpu(process) - before) / (time.perf_counter() - start)


def quantile(seconds: list[float], share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def described(seconds: list[float]) -> dict[str, float]:
    """The numbers people ask for."""
    return {"files": len(seconds), "p50": quantile(seconds, 0.5), "p99": quantile(seconds, 0.99), "max": max(seconds)}


def measure(singles: int, burst: int, bursts: int, resting: float, seed: int) -> dict[str, dict[str, float]]:
    """Start a platform, drop the files, and say how long each kind took."""
    dice = random.Random(seed)
    with platform() as (home, process), Progress(transient=True) as progress:
        sender = Sender(home)
        task = progress.add_task("the first file, and the start of everything", total=singles)
        first = sender.follow({"first": sender.drop("first")})
        progress.update(task, description="one file after another")
        alone: Latencies = {}
        for number in range(singles):
            time.sleep(dice.uniform(0.0, 4.0))
            alone |= sender.follow({f"s{number}": sender.drop(f"s{number}")})
            progress.advance(task)
        progress.update(task, description=f"{burst} files at once", total=None)
        at_once: Latencies = {}
        for turn in range(bursts):
            time.sleep(dice.uniform(2.0, 4.0))
            names = [f"b{turn}x{number}" for number in range(burst)]
            at_once |= sender.follow({name: sender.drop(name) for name in names})
        progress.stop()
        share = idle(process, resting) if resting else 0.0
    found = {"first file after the start": first, "one after another": alone, f"{burst} at once": at_once}
    return {
        **{what: described(list(each.values())) for what, each in found.items() if each},
        "all but the first": described([*alone.values(), *at_once.values()]),
        "idle": {"share of a core": share},
    }


def table(found: dict[str, dict[str, float]]) -> Table:
    """What was measured, for people."""
    shown = Table("drop → queryable", "files", "p50, s", "p99, s", "max, s")
    for what, numbers in found.items():
        if "p50" in numbers:
            shown.add_row(what, str(numbers["files"]), *(f"{numbers[name]:.2f}" for name in ("p50", "p99", "max")))
    shown.caption = f"Idle: {found['idle']['share of a core']:.1%} of a core."
    return shown


def main(arguments: list[str] | None = None) -> dict[str, dict[str, float]]:
    """Measure, print a table, write JSON where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--singles", type=int, default=40, help="files dropped one after another")
    parser.add_argument("--burst", type=int, default=100, help="files dropped at once")
    parser.add_argument("--bursts", type=int, default=3, help="how often so many are dropped at once")
    parser.add_argument("--idle", type=float, default=30.0, help="seconds to watch it idle; 0 for not at all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to write what was measured")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.singles, chosen.burst, chosen.bursts, chosen.idle, chosen.seed)
    Console().print(table(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2))
    return found


if __name__ == "__main__":
    main()
