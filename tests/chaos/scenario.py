"""Scenarios: a list of steps, some of them with a fault, and the validation of what came of it."""

import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from tests.chaos.boundaries import Clock, wrapped
from tests.chaos.crossings import Crossings, Fault
from tests.chaos.home import FATES, workshop
from tests.chaos.letters import RULES, Letter, Line
from tests.chaos.world import World

PAYMENTS = ("payments_20240501_100000.csv", "late/payments_20240501_120000.csv", "payments_20240503_090000.csv")
ARCHIVE, SHARED = "day.zip", "bucket_2024-05-02.json"
MEMBERS = ("payments_20240501_130000.csv", "sub/payments_20240502_100000.csv")
PATHS = (*PAYMENTS, ARCHIVE, SHARED)
DAYS = ("2024-05-01", "2024-05-02", "2024-05-03")

TWIN: tuple[Line, ...] = (("twin", DAYS[0], "7"), ("twin", DAYS[2], "7"))
"""Content that several files of one day may have."""

CYCLE = ("look", "load", "load", "publish", "leave")
ODD = {"publish": 4, "look": 2, "load": 2, "rebuild": 4, "force": 2, "replay": 2, "restart": 2, "ingest": 1}
ODD |= {"retract": 1, "change": 1}
"""What the platform does in every round, and what else it may be asked for, with weights. Faults strike here."""

CALM = ("retract",)
"""What happens without a fault, so that the world knows that it has happened."""

TRIES = (0, 2, 8, 16, 32)
"""How often something is done in a row, for it may die each time."""

JUMPS = (-200_000, -3_600, -5, 0, 0, 5, 3_600, 86_400)


TOGETHER = 20
"""Faults of the matrix in one home, before it is validated."""


class Step(NamedTuple):
    """One thing that is done, and what goes wrong meanwhile."""

    name: str
    arguments: tuple[Any, ...] = ()
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        said = ", ".join(map(str, self.arguments))
        wrong = "; ".join(f"{fault.boundary} {fault.number} {fault.kind}" for fault in self.faults)
        return f"{self.name}({said})" + (f"  # {wrong}" if wrong else "")


class Scenario(NamedTuple):
    """What becomes of loaded files at the source, and the steps."""

    after: str
    steps: tuple[Step, ...]


class Profile(NamedTuple):
    """What each act crosses when nothing goes wrong, and how each boundary may fail."""

    counts: dict[str, dict[str, int]]
    kinds: dict[str, tuple[str, ...]]


def chosen(seed: int, number: int, length: int) -> Scenario:
    """The scenario of this number, always the same: first the matrix, then those that are drawn."""
    every = matrix()
    return every[number] if number < len(every) else drawn(seed, number, length)


@cache
def matrix() -> list[Scenario]:
    """Every fault at every crossing of an ingest of restated files, one fault an ingest."""
    known = profile()
    counts = known.counts["ingest"].items()
    every = [Fault(name, n, kind) for name, most in counts for n in range(1, most + 1) for kind in known.kinds[name]]
    return [
        Scenario("keep", tuple(_restated(every[start : start + TOGETHER]))) for start in range(0, len(every), TOGETHER)
    ]


def _restated(due: Sequence[Fault]) -> Iterator[Step]:
    dice = random.Random(0)
    for fault in due:
        yield from (Step("send", (path, _letter(dice, path))) for path in PATHS)
        yield Step("ingest", (), (fault,))


def drawn(seed: int, number: int, length: int) -> Scenario:
    """A scenario of so many rounds."""
    dice, known = random.Random(f"{seed}/{number}"), profile()
    steps: list[Step] = []
    for _ in range(length):
        steps += [sent(dice) for _ in range(dice.choice([1, 1, 1, 2, 4]))]
        if dice.random() < 0.1:
            steps.append(Step("jump", (dice.choice(JUMPS),)))
        if dice.random() < 0.03:
            steps.append(Step("settle"))
        for name in (*CYCLE, *dice.choices(list(ODD), list(ODD.values()))):
            tries = 1 if name in CALM else dice.choice(TRIES)
            steps += [Step(name, _arguments(dice, name), faults(dice, known, name)) for _ in range(tries)]
    return Scenario(dice.choice(["keep", *FATES]), tuple(steps))


def changes(seed: int, count: int) -> Scenario:
    """So many files that come, are restated or taken back; runs load them whenever they do, and nothing fails."""
    dice, steps = random.Random(f"{seed}/changes"), list[Step]()
    for _ in range(count):
        steps.append(Step("retract", (dice.choice(PATHS),)) if dice.random() < 0.1 else sent(dice))
        if dice.random() < 0.5:
            steps += [Step(name) for name in CYCLE[: dice.randrange(len(CYCLE))]]
    return Scenario("keep", tuple(steps))


def sent(dice: random.Random) -> Step:
    """One thing that a sender does."""
    path = dice.choice(PATHS)
    kind = dice.random()
    if kind < 0.15:
        return Step("touch", (path,))
    if kind < 0.3:
        return Step("put_back", (path, dice.randrange(4)))
    return Step("send", (path, _letter(dice, path)))


def _letter(dice: random.Random, path: str) -> Letter:
    if dice.random() < 0.12:
        return Letter(readable=False)
    if path == SHARED:
        songs, movies = (tuple(dice.sample(["x", "y", "z"], dice.randrange(3))) for _ in range(2))
        return Letter(songs=songs, movies=movies)
    if path == ARCHIVE:
        return Letter(members=tuple((name, _lines(dice, name)) for name in MEMBERS))
    return Letter(lines=_lines(dice, path))


def _lines(dice: random.Random, path: str) -> tuple[Line, ...]:
    """Some lines of other days, some that others have too, some that are refused, some files without any."""
    if "20240501" in path and dice.random() < 0.3:
        return dice.choice([TWIN, ()])
    lines: list[Line] = [(dice.choice(["a", path]), dice.choice(DAYS), str(dice.randrange(1, 4))) for _ in range(3)]
    bad = [("bad", DAYS[0], "?")] if dice.random() < 0.3 else []
    return (path, dice.choice(DAYS), "9"), *bad, *lines[: dice.randrange(4)]


def _arguments(dice: random.Random, name: str) -> tuple[Any, ...]:
    given: dict[str, tuple[Any, ...]] = {
        "rebuild": (dice.choice(["payments", "songs", "files"]), dice.choice(DAYS)),
        "retract": (dice.choice(PATHS),),
        "change": (dice.choice(list(RULES)), dice.random() < 0.5),
    }
    return given.get(name, ())


def faults(dice: random.Random, known: Profile, name: str) -> tuple[Fault, ...]:
    """Up to some; boundaries that are crossed often are struck more often, but rare ones too."""
    crossed = known.counts[name] if name not in CALM else {}
    weights = [count**0.3 for count in crossed.values()]
    chosen = dice.choices(list(crossed), weights, k=dice.choice([0, 1, 2, 4, 6])) if crossed else []
    return tuple(Fault(each, _number(dice, crossed[each]), dice.choice(known.kinds[each])) for each in chosen)


def _number(dice: random.Random, most: int) -> int:
    """A crossing; often an early one, for often there is less to do than there could be."""
    return 1 + int(most * dice.random() ** 2)


@cache
def profile() -> Profile:
    """Measured once, on every act after the same letters."""
    crossings, clock, dice = Crossings(), Clock(), random.Random(0)
    counts: dict[str, dict[str, int]] = {name: {} for name in (*CYCLE, *ODD)}
    with workshop() as folder, wrapped(crossings, clock):
        for after in FATES:
            world = World(folder / after, crossings, clock, after)
            for name in (*CYCLE, *CYCLE, *ODD):
                for path in PATHS:
                    world.send(path, _letter(dice, path))
                world.act(name, *_arguments(dice, name))
                for boundary, count in crossings.counts.items():
                    counts[name][boundary] = max(count, counts[name].get(boundary, 0))
            world.close()
    return Profile(counts, dict(crossings.kinds))
