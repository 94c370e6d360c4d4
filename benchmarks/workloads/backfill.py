"""A backfill of a thousand dates in one run, and of as many with ten times the rows: linear in rows, flat per date."""

from datetime import timedelta
from pathlib import Path

from benchmarks import gate, transactions
from benchmarks.contest import Say
from benchmarks.peers import fresh
from benchmarks.product import Home
from benchmarks.survey import Measured, Survey
from benchmarks.truth import differences

DAYS = {"quick": 10, "full": 1_000}
ROWS = {"quick": (100,), "full": (100, 1_000)}
"""A day."""


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """Load the dates, then materialize the whole range again in one run of Dagster's own command."""
    days, found = DAYS[size], []
    for rows in ROWS[size]:
        say(f"backfill: {days:,} dates of {rows:,} rows")
        data = fresh(folder / "data" / f"backfill-{rows}")
        truth = transactions.write(data, days * rows, files=days, days=days)
        home = Home(folder / "home")
        first = home.load(data)
        again = home.backfill(transactions.FIRST, transactions.FIRST + timedelta(days=days))
        wrong = differences(truth, gate.transactions_of_home(home.folder))
        if wrong:
            raise RuntimeError(f"backfill: {wrong}")
        what = f"{days:,} dates of {rows:,} rows"
        found += [
            Measured(f"{what}: first load, cpu", first.cpu, "s"),
            Measured(f"{what}: backfill in one run, wall", again.wall, "s", 300.0),
            Measured(f"{what}: backfill in one run, cpu", again.cpu, "s"),
            Measured(f"{what}: backfill, cpu per date", 1_000 * again.cpu / days, "ms"),
        ]
    if len(ROWS[size]) == 1:
        return found
    few, many = ROWS[size]
    more = (found[-2].value - found[2].value) / (days * (many - few)) * 1e6
    return [*found, Measured("cpu per million further rows", more, "s")]


WORKLOAD = Survey("backfill", "Backfill of many dates in one run", measure)
