"""What can be wrong with a value, and the reason its record is refused for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

Record = dict[str, object]

ABSENT = object()
"""In place of a value: the record does not even have the key."""

NOTHING = ("", "   ")
"""Texts that are no value once trimmed."""

TOO_LONG = "x" * 65

NO_TIMES = ("yesterday", "2026-02-30 10:00:00", "31/12/2026 10:00", "2026-11-20T25:61:00Z", "infinity", "epoch")
UNSET_CLOCK = ("1970-01-01T00:00:00Z", "1999-12-31 23:59:59")
BROKEN_CLOCK = ("9999-12-31T00:00:00Z", "2100-01-01 00:00:00")


@dataclass(frozen=True)
class Fault:
    """One rule of one column, and values that break this rule and no other."""

    column: str
    rule: str
    values: Sequence[object]

    @property
    def reason(self) -> str:
        """The name the rule has in quarantine."""
        return f"{self.column}:{self.rule}"


class Deck:
    """Deals faults in turn, so that a file with enough refused records shows every one of them."""

    def __init__(self, faults: Sequence[Fault], dice: Random) -> None:
        self._columns = list(dict.fromkeys(fault.column for fault in faults))
        self._faults = dice.sample(faults, len(faults))
        self._turn: Iterator[Fault] = cycle(self._faults)
        self._dice = dice

    def spoil(self, record: Record) -> list[str]:
        """Give a clean record one to three faults, in different columns.

        Returns:
            The reasons it is now refused for, in the order in which the columns appear among the faults.
        """
        dealt = {fault.column: fault for fault in self._dice.sample(self._faults, self._dice.choice((0, 0, 1, 2)))}
        first = next(self._turn)
        dealt[first.column] = first
        for fault in dealt.values():
            value = self._dice.choice(fault.values)
            if value is ABSENT:
                del record[fault.column]
            else:
                record[fault.column] = value
        return [dealt[column].reason for column in self._columns if column in dealt]
