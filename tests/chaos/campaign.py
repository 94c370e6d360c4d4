"""A campaign: many scenarios in several processes, what they struck, and what went wrong."""

import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count, islice
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tests.chaos.crossings import Crossings
from tests.chaos.scenario import chosen, matrix, profile
from tests.chaos.shrink import shrunk
from tests.chaos.validation import run

LENGTH = 30
"""Rounds of a scenario: long ones cost less a fault."""

Happened = Counter[tuple[str, str]]
"""Boundary and kind of fault → how often."""


@dataclass
class Outcome:
    """What came of scenarios: what happened in them, and what is wrong after those that failed, by their number."""

    scenarios: int = 0
    happened: Happened = field(default_factory=Counter)
    wrong: dict[int, list[str]] = field(default_factory=dict)

    def add(self, number: int, happened: Happened, wrong: list[str]) -> None:
        """One more scenario is over."""
        self.scenarios += 1
        self.happened += happened
        if wrong:
            self.wrong[number] = wrong


def live(seed: int, number: int, length: int = LENGTH) -> tuple[int, Happened, list[str]]:
    """One scenario."""
    crossings = Crossings()
    return number, crossings.happened, run(chosen(seed, number, length), crossings)


def campaign(
    seed: int, faults: int, minutes: float, jobs: int, console: Console, numbers: Iterator[int] | None = None
) -> Outcome:
    """Scenarios of one seed until so many faults have happened, or the time is over; without `numbers` drawn ones."""
    outcome, deadline = Outcome(), monotonic() + minutes * 60
    columns = (TextColumn("faults"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=faults)
        for number, happened, wrong in _lived(seed, jobs, numbers or count(len(matrix()))):
            outcome.add(number, happened, wrong)
            progress.update(task, completed=outcome.happened.total())
            if wrong:
                progress.console.print(f"[red]scenario {number} of seed {seed}:[/] {wrong[0][:300]}")
            if outcome.happened.total() >= faults or monotonic() > deadline or len(outcome.wrong) >= 20:
                break
    return outcome


def _lived(seed: int, jobs: int, numbers: Iterator[int]) -> Iterator[tuple[int, Happened, list[str]]]:
    """The scenarios in about their order."""
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("forkserver"), initializer=profile) as pool:
        at_work: set[Future[tuple[int, Happened, list[str]]]] = set()
        try:
            while True:
                at_work |= {pool.submit(live, seed, each) for each in islice(numbers, 2 * jobs - len(at_work))}
                if not at_work:
                    return
                done, at_work = wait(at_work, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        finally:
            pool.shutdown(cancel_futures=True)


def told(outcome: Outcome) -> Table:
    """Boundary by kind of fault: how often it happened."""
    table = Table("boundary", "fault", "injected", "survived", title=f"{outcome.scenarios:,} scenarios")
    for (boundary, kind), number in sorted(outcome.happened.items()):
        table.add_row(boundary, kind, f"{number:,}", f"{number:,}" if not outcome.wrong else "?")
    total = f"{outcome.happened.total():,}"
    table.add_section()
    table.add_row("all", "", total, total if not outcome.wrong else f"{len(outcome.wrong)} scenarios went wrong")
    return table


def explain(seed: int, number: int, console: Console) -> bool:
    """Live one scenario again; where it goes wrong, say what, and the shortest that does. Whether it went well."""
    _, _, wrong = live(seed, number)
    if not wrong:
        console.print(f"Scenario {number} of seed {seed} goes well.")
        return True
    short = shrunk(chosen(seed, number, LENGTH))
    console.print(f"[red]Scenario {number} of seed {seed} goes wrong.[/] Loaded files: {short.after}. Steps:")
    for step in short.steps:
        console.print(f"  {step}", highlight=False, markup=False)
    for line in run(short, Crossings()):
        console.print(f"- {line}", highlight=False, markup=False)
    sys.stdout.flush()
    return False
