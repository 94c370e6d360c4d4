"""Mixes clean records with late, repeated, spoiled and broken ones, and remembers which is which."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import cycle
from random import Random

from dropzone_assets.demo.clocks import on_time, too_late
from dropzone_assets.demo.faults import Deck, Fault, Record
from dropzone_assets.demo.planted import Planted


class Kind(StrEnum):
    """What becomes of a record before it is written."""

    CLEAN = "clean"
    LATE = "late"
    REPEATED = "repeated"
    SPOILED = "spoiled"
    BROKEN = "broken"


SHARES = {Kind.LATE: 0.05, Kind.REPEATED: 0.04, Kind.SPOILED: 0.08, Kind.BROKEN: 0.02}


@dataclass(frozen=True)
class Recipe:
    """How records of one table are made.

    Attributes:
        make: a moment -> a clean record of that moment, with a key no other record has.
        repeat: a clean record -> the same record as a careless sender sends it again; same key, same moment.
        faults: everything that can be wrong with a value, in the order of the contract's columns.
        breaks: the reasons for which a record's structure can be refused; the writer of the file sees to them.
    """

    make: Callable[[datetime], Record]
    repeat: Callable[[Record], Record]
    faults: Sequence[Fault]
    breaks: Sequence[str] = ()


@dataclass
class Mixture:
    """The records of one file in order, and what is wrong with them."""

    records: list[Record] = field(default_factory=list)
    refused: dict[int, list[str]] = field(default_factory=dict)
    duplicates: int = 0
    lake: Counter[date] = field(default_factory=Counter)

    def planted(self, file: str, table: str) -> Planted:
        """The note that goes with the file."""
        rows = len(self.records)
        return Planted(
            file=file,
            table=table,
            rows=rows,
            valid=rows - len(self.refused),
            refused=self.refused,
            duplicates=self.duplicates,
            lake=dict(sorted(self.lake.items())),
        )


def mix(recipe: Recipe, when: datetime, rows: int, dice: Random) -> Mixture:
    """Make the records of one file.

    Args:
        recipe: how records of the table are made.
        when: when the file is sent, in UTC; records happen in the hour before, late ones on an earlier day.
        rows: how many records; a tenth of them is refused.
        dice: decides everything; the same dice give the same records.
    """
    mixture, originals = Mixture(), list[Record]()
    deck, breaks = Deck(recipe.faults, dice), cycle(recipe.breaks)
    for number, kind in enumerate(_kinds(rows, dice), start=1):
        if kind is Kind.REPEATED and originals:
            mixture.records.append(recipe.repeat(dice.choice(originals)))
            mixture.duplicates += 1
            continue
        moment = (too_late if kind is Kind.LATE else on_time)(when, dice)
        record = recipe.make(moment)
        mixture.records.append(record)
        if kind is Kind.SPOILED:
            mixture.refused[number] = deck.spoil(record)
        elif kind is Kind.BROKEN and recipe.breaks:
            mixture.refused[number] = [next(breaks)]
        else:
            originals.append(record)
            mixture.lake[moment.date()] += 1
    return mixture


def _kinds(rows: int, dice: Random) -> list[Kind]:
    kinds = [kind for kind, share in SHARES.items() for _ in range(round(rows * share))]
    kinds += [Kind.CLEAN] * (rows - len(kinds))
    dice.shuffle(kinds)
    return kinds
