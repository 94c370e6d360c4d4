"""One new file into a table of ten thousand files, and into one of one file: it should cost the same."""

from datetime import date, timedelta
from pathlib import Path
from statistics import median

from benchmarks import transactions
from benchmarks.contest import Say
from benchmarks.peers import fresh
from benchmarks.product import Home
from benchmarks.survey import Measured, Survey

FILES = {"quick": 100, "full": 10_000}

ROWS = 500

NEW = date(2024, 6, 1)
"""A date of which neither table has a row; so a new file's partitions hold that file alone, whatever the table."""


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """The cpu of an ingest of one file, less that of one that finds nothing a moment before; the tables take turns."""
    homes = {files: _home(folder, files, say) for files in (1, FILES[size])}
    apart: dict[int, list[float]] = {files: [] for files in homes}
    among: list[float] = []
    for turn in range(rounds):
        say(f"incremental: file {turn + 1} of {rounds}")
        for files in sorted(homes, reverse=turn % 2 == 1):
            apart[files].append(_one_more(homes[files], folder, NEW + timedelta(days=2 * turn), turn))
    for turn in range(rounds):
        among.append(_one_more(homes[FILES[size]], folder, transactions.FIRST, turn))
    few, many = apart.values()
    table = f"a table of {FILES[size]:,} files"
    held = FILES[size] * ROWS // transactions.DAYS
    ratio = median(more / less for more, less in zip(many, few, strict=True))
    return [
        Measured("one new file into a table of one file, cpu", median(few), "s"),
        Measured(f"one new file into {table}, cpu", median(many), "s"),
        Measured(f"one new file: {table} against one of one file", ratio, "x", 1.2),
        Measured(f"one new file into {table}, for two of its days of {held:,} rows each, cpu", median(among), "s"),
    ]


def _home(folder: Path, files: int, say: Say) -> Home:
    say(f"incremental: a table of {files:,} files")
    home = Home(folder / f"home-{files}")
    data = fresh(folder / "data" / f"incremental-{files}")
    transactions.write(data, files * ROWS, files=files)
    home.load(data)
    return home


def _one_more(home: Home, folder: Path, first: date, turn: int) -> float:
    data = fresh(folder / "data" / "one-more")
    transactions.write(data, ROWS, seed=100 + turn, days=1, start=first)
    (file,) = data.iterdir()
    start = home.run("ingest")[0].cpu
    home.drop([file.rename(data / f"tx_{first:%Y%m%d}_more{turn}.csv")])
    return home.run("ingest")[0].cpu - start


WORKLOAD = Survey("incremental", "One new file into a big table", measure)
