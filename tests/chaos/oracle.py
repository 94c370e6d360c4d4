"""The oracle: what the lake must hold, told from the letters alone, by none of the platform's code."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.chaos.letters import MOST, RULES, Letter

SHARED = ("songs", "movies")
SHARED_DAY = date(2024, 5, 2)


def told(counting: Mapping[str, tuple[int, Letter]], version: str) -> dict[str, list[Any]]:
    """The rows of the lake, table by table, when these letters count and the contract of payments is this one."""
    letters = {path: letter for path, (_, letter) in counting.items()}
    lines = [(file, line) for path, letter in letters.items() for file, line in letter.all_lines(path)]
    kept: dict[tuple[str, str], str] = {}
    for _, (name, day, amount) in sorted(lines, key=lambda found: (_time(found[0]), found[0])):
        if amount != "?" and (not RULES[version] or int(amount) <= MOST):
            kept.setdefault((name, day), amount)
    payments = [(name, _moment(day), Decimal(amount), _moment(day).date()) for (name, day), amount in kept.items()]
    titles = {kind: {title for letter in letters.values() for title in getattr(letter, kind)} for kind in SHARED}
    shared = {f"lake.{kind}": [(title, SHARED_DAY) for title in sorted(found)] for kind, found in titles.items()}
    return {"lake.payments": sorted(payments), **shared}


def _time(path: str) -> str:
    """The date and time in the name, which is when a file is for."""
    return path.removesuffix(".csv").partition("payments_")[2]


def _moment(day: str) -> datetime:
    return datetime.fromisoformat(day)
