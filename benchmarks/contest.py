"""A contest: contestants take turns over the same data, in alternating order, and every result is checked."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, Protocol

from benchmarks.measure import Failed
from benchmarks.peers import Turn, fresh
from benchmarks.truth import Sums

Say = Callable[[str], None]


class Folders(NamedTuple):
    """`data` is kept for the next time, `scratch` is this process's own and goes with it."""

    data: Path
    scratch: Path


class Contestant(Protocol):
    """Who can take a turn."""

    @property
    def name(self) -> str:
        """How it is called in tables."""

    @property
    def most(self) -> int:
        """The rows it is given at most."""

    @property
    def turns(self) -> int:
        """How often it runs at most."""

    @property
    def patient(self) -> bool:
        """Whether only full sizes are worth its start."""

    @property
    def missing(self) -> str:
        """Why it cannot run here; empty where it can."""

    def turn(self, data: Path, truth: Sums, scratch: Path) -> Turn:
        """Do the job once, and check the result."""


@dataclass
class Standing:
    """What is known of one contestant: a number a round, of seconds of cpu, those of starting, megabytes."""

    name: str
    rows: int
    cpu: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, turn: Turn) -> None:
        """Take down a turn."""
        self.cpu.append(turn.cost.cpu)
        self.start.append(turn.start)
        self.wall.append(turn.cost.wall)
        self.peak.append(turn.cost.peak)
        self.wrong += turn.wrong

    def ratios(self, yardstick: "Standing") -> tuple[float, float, float]:
        """Median, least and most of its cpu per row over that of the yardstick in the same round."""
        scale = yardstick.rows / self.rows
        pairs = [mine / theirs * scale for mine, theirs in zip(self.cpu, yardstick.cpu, strict=False)]
        return median(pairs), min(pairs), max(pairs)


@dataclass(frozen=True)
class Contest:
    """One job.

    Args:
        make: writes `size` of what is counted into a folder and says the truth about it.
        yardstick: the name of the contestant whose cpu is 1.
        counted: what `sizes` count, in a word.
    """

    name: str
    title: str
    counted: str
    sizes: dict[str, int]
    make: Callable[[Path, int], Sums]
    contestants: Sequence[Contestant]
    yardstick: str

    def run(self, size: str, rounds: int, folders: Folders, say: Say) -> dict[str, Any]:
        """All rounds; what came of them, ready for JSON."""
        full, here = self.sizes[size], [c for c in self.contestants if size == "full" or not c.patient]
        standings = {each.name: Standing(each.name, min(each.most, full)) for each in here}
        for turn in range(rounds):
            for each in here if turn % 2 == 0 else reversed(here):
                if turn < each.turns and not each.missing and not standings[each.name].wrong:
                    say(f"{self.name}, round {turn + 1} of {rounds}: {each.name}")
                    data = self.data(folders.data, standings[each.name].rows, say)
                    _take(each, standings[each.name], data, folders.scratch)
        missing = {each.name: each.missing for each in here if each.missing}
        return {
            "workload": self.name,
            "title": self.title,
            "size": size,
            "counted": self.counted,
            "yardstick": self.yardstick,
            "standings": [asdict(each) for each in standings.values() if each.cpu or each.wrong],
            "missing": missing,
        }

    def only(self, names: Sequence[str]) -> "Contest":
        """With the yardstick and those contestants whose names start so."""
        kept = [c for c in self.contestants if c.name == self.yardstick or c.name.startswith(tuple(names))]
        return replace(self, contestants=kept)

    def data(self, folder: Path, size: int, say: Say) -> Path:
        """The folder of this size's data, made when first asked for."""
        place = folder / f"{self.name}-{size}-{_state_of_generators()}"
        done = place.with_suffix(".json")
        if not done.exists():
            say(f"{self.name}: writing {size:,} {self.counted}")
            done.write_text(json.dumps(self.make(fresh(place), size)))
        return place


def _state_of_generators() -> str:
    """A name that is another one once a generator is changed, or what is added up of its rows."""
    here = Path(__file__).parent
    texts = [(here / f"{name}.py").read_bytes() for name in ("transactions", "documents", "pickups", "truth")]
    return sha256(b"".join(texts)).hexdigest()[:8]


def _take(each: Contestant, standing: Standing, data: Path, scratch: Path) -> None:
    truth = json.loads(data.with_suffix(".json").read_text())
    try:
        standing.add(each.turn(data, truth, scratch))
    except Failed as failure:
        standing.wrong.append(f"ended badly: {str(failure).splitlines()[-1][:300]}")
