"""Drop → queryable in the running daemon: asked of `benchmarks/latency.py`, which starts one."""

import json
import sys
from pathlib import Path

from benchmarks.contest import Say
from benchmarks.measure import measure as run
from benchmarks.survey import Measured, Missing, Survey

SCRIPT = Path(__file__).parents[1] / "latency.py"
GOALS = {"p50": 2.0, "p99": 5.0}


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """What the script wrote: name → seconds; p50 and p99 have goals."""
    if not SCRIPT.exists():
        raise Missing("benchmarks/latency.py is not there")
    say("latency: drop → queryable in a running daemon")
    told = folder / "latency.json"
    run([sys.executable, str(SCRIPT), "--json", str(told)], folder / "cost.json")
    numbers = {name: value for name, value in json.loads(told.read_text()).items() if isinstance(value, int | float)}
    goal = {name: next((most for part, most in GOALS.items() if part in name), None) for name in numbers}
    return [Measured(f"drop → queryable, {name}", float(value), "s", goal[name]) for name, value in numbers.items()]


WORKLOAD = Survey("latency", "Drop → queryable in the running daemon", measure)
