"""A survey: ours alone, measured against a goal that is no ratio to somebody else."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contest import Folders, Say


@dataclass(frozen=True)
class Measured:
    """One number; `most` is the goal it should not exceed, None where there is none."""

    what: str
    value: float
    unit: str
    most: float | None = None


@dataclass(frozen=True)
class Survey:
    """Some numbers of ours; `measure` is given the size, the rounds, an empty folder, and what to say progress to."""

    name: str
    title: str
    measure: Callable[[str, int, Path, Say], list[Measured]]

    def run(self, size: str, rounds: int, folders: Folders, say: Say) -> dict[str, Any]:
        """The numbers, ready for JSON."""
        measured = [asdict(each) for each in self.measure(size, rounds, folders.scratch, say)]
        return {"workload": self.name, "title": self.title, "size": size, "measured": measured}

    def only(self, names: object) -> "Survey":
        """There is nobody else here."""
        return self
