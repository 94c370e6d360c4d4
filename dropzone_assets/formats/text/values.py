"""What a cell looks like to a reader: nothing, a number, a moment, or text."""

import re
from collections import Counter
from collections.abc import Iterable

NOTHING, NUMBER, MOMENT, TEXT = "nothing", "number", "moment", "text"

_NOTHING = frozenset(("", "-", "--", "?", "na", "n/a", "nan", "null", "none", "nil", "\\n", "#n/a"))
_MONEY = r"(?:[€$£¥%]|[A-Z]{3})"
_DIGITS = r"(?:\d[\d.,'\u2019 \xa0]*(?:[eE][+-]?\d+)?|[.,]\d+(?:[eE][+-]?\d+)?)"
_NUMBER = re.compile(rf"\(?{_MONEY}? ?[+-]?{_MONEY}? ?{_DIGITS} ?{_MONEY}?-?\)?")
_DAY = r"\d{1,4}[-/. ](?:\d{1,2}|[^\W\d]{3,9}\.?)[-/. ]\d{1,4}"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?: ?Z| ?[+-]\d{2}:?\d{2}| ?UTC)?"
_MOMENT = re.compile(rf"{_DAY}(?:[T ,]+{_TIME})?|{_TIME}|[\d/.:\- ]*\d[/:-][\d/.:\- ]*")

SAME = 0.8
"""The share of a column's cells that must be of one kind for the column to be of it."""


def kind_of(cell: str) -> str:
    """What stands in a cell."""
    text = cell.strip()
    if text.casefold() in _NOTHING:
        return NOTHING
    if _NUMBER.fullmatch(text):
        return NUMBER
    return MOMENT if _MOMENT.fullmatch(text) else TEXT


def kind_of_column(kinds: Iterable[str]) -> str:
    """What most cells of a column are, those without anything aside."""
    count = Counter(kind for kind in kinds if kind != NOTHING)
    if not count:
        return NOTHING
    kind, times = count.most_common(1)[0]
    return kind if times >= SAME * count.total() else TEXT
