"""Where the product's time goes in the workload `one-file`: the cpu of its functions, without that of those inside."""

import json
import sys
from pathlib import Path

from benchmarks import transactions
from benchmarks.contest import Say
from benchmarks.measure import measure as run
from benchmarks.peers import fresh
from benchmarks.product import Home
from benchmarks.survey import Measured, Survey

ROWS = {"quick": 150_000, "full": 6_300_000}
SHOWN = 20


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """One ingest under `benchmarks.spent`, which makes it a little slower."""
    say("profile: one CSV")
    home = Home(folder / "home")
    data = fresh(folder / "data")
    transactions.write(data, ROWS[size])
    home.start()
    home.drop(sorted(data.iterdir()))
    report = folder / "spent.json"
    run([sys.executable, "-m", "benchmarks.spent", str(home.folder), str(report)], folder / "cost.json")
    found = json.loads(report.read_text())
    shown = [Measured(name, seconds, "s") for name, (_, seconds) in found["function"][:SHOWN]]
    return [Measured("in all", found["total"], "s"), *shown]


WORKLOAD = Survey("profile", "Where the time goes: one CSV of dirty transactions, cpu by function", measure)
