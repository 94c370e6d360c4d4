"""A tick of a sensor over a million known objects: a bucket and a list, none of them new."""

from pathlib import Path

from benchmarks.contest import Say
from benchmarks.listing import ticks
from benchmarks.survey import Measured, Survey

OBJECTS = {"quick": 20_000, "full": 1_000_000}


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """The second tick, for which everything is known."""
    found = []
    for tick in ticks(OBJECTS[size], say):
        what = f"{tick.source}: {tick.what}, {tick.seen:,} objects"
        known = tick.new == 0
        found.append(Measured(f"{what}, cpu", tick.cpu, "s", 5.0 if known else None))
        found.append(Measured(f"{what}, peak", tick.peak, "MB", 300.0 if known else None))
    return found


WORKLOAD = Survey("tick", "A tick over known objects", measure)
