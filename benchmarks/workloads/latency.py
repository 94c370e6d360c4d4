"""Drop → queryable in the running daemon: asked of `benchmarks/latency.py`, which starts one."""

import json
import sys
from pathlib import Path

from benchmarks.contest import Say
from benchmarks.measure import measure as run
from benchmarks.survey import Measured, Survey

SCRIPT = Path(__file__).parents[1] / "latency.py"
SIZES = {"quick": ("--singles", "3", "--burst", "20", "--bursts", "1", "--idle", "0"), "full": ()}
GOALS = {("all but the first", "p50"): 2.0, ("all but the first", "p99"): 5.0}
"""A burst included, but not the first file after the start."""


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """What a file waits at the median, of a hundred files but one, and at most."""
    say("latency: drop → queryable in a running daemon")
    told = folder / "latency.json"
    run([sys.executable, str(SCRIPT), *SIZES[size], "--json", str(told)], folder / "cost.json")
    waited = {what: numbers for what, numbers in json.loads(told.read_text()).items() if "p50" in numbers}
    return [
        Measured(f"drop → queryable, {what}, {name}", numbers[name], "s", GOALS.get((what, name)))
        for what, numbers in waited.items()
        for name in ("p50", "p99", "max")
    ]


WORKLOAD = Survey("latency", "Drop → queryable in the running daemon", measure)
