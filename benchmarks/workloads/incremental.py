"""One new file into a table of ten thousand files, and into one of one file: it should cost the same."""

from pathlib import Path

from benchmarks import transactions
from benchmarks.contest import Say
from benchmarks.peers import fresh
from benchmarks.product import Home
from benchmarks.survey import Measured, Survey

FILES = {"quick": 100, "full": 10_000}
STARTS = {"quick": 1, "full": 2}
"""Ingests that find nothing, of which the cheapest counts."""

ROWS = 500


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """The cpu of an ingest of one file that has a date of its own, less that of an ingest that finds nothing."""
    spent = {}
    for files in (1, FILES[size]):
        say(f"incremental: a table of {files:,} files")
        home = Home(folder / "home")
        data = fresh(folder / "data" / "incremental")
        transactions.write(data, files * ROWS, files=files)
        home.load(data)
        spent[files] = _one_more(home, folder, rounds, STARTS[size])
    few, many = spent[1], spent[FILES[size]]
    table = f"a table of {FILES[size]:,} files"
    return [
        Measured("one new file into a table of one file, cpu", few, "s"),
        Measured(f"one new file into {table}, cpu", many, "s"),
        Measured(f"one new file: {table} against one of one file", many / few, "x", 1.2),
    ]


def _one_more(home: Home, folder: Path, rounds: int, starts: int) -> float:
    start = min(home.run("ingest")[0].cpu for _ in range(starts))
    least = []
    for turn in range(rounds):
        data = fresh(folder / "data" / "one-more")
        transactions.write(data, ROWS, seed=100 + turn, days=1)
        (file,) = data.iterdir()
        home.drop([file.rename(data / f"tx_2024060{turn + 1}_one.csv")])
        least.append(home.run("ingest")[0].cpu - start)
    return min(least)


WORKLOAD = Survey("incremental", "One new file into a big table", measure)
