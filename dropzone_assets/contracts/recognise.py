"""Which contract a file belongs to, by its name, and the moment its name says it is for."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from dropzone_assets.contracts.dates import file_pattern
from dropzone_assets.errors import Refused

_pattern = cache(file_pattern)


class Claims(Protocol):
    """What says by their names which files are a table's: a contract, or what is left of one."""

    @property
    def table(self) -> str:
        """Whose the files are."""

    @property
    def files(self) -> tuple[str, ...]:
        """Patterns of their names."""

    @property
    def selects(self) -> bool:
        """Whether others may have records of them too."""


class Recognised(NamedTuple):
    """A file's tables, and when it is for: the date in its name, else `arrived`."""

    tables: tuple[str, ...]
    file_time: datetime


def recognise(path: str, contracts: Iterable[Claims], arrived: datetime, left_out: Iterable[Claims] = ()) -> Recognised:
    """Find the one contract whose file patterns match the name, or all of them when each selects its own records.

    Args:
        left_out: asked where none of `contracts` knows the name.

    Raises:
        Refused: none matches, several do and some of them take every record, or the digits in the name are no date.
    """
    name = PurePosixPath(path).name
    matches = _matches(name, contracts) or _matches(name, left_out)
    tables = tuple(sorted({contract.table for contract, _ in matches}))
    if not tables:
        raise Refused(
            f"{path} matches the file pattern of no contract.",
            "Add its name to `files` of a contract (dropzone contracts list), or take it out of the folder.",
        )
    if len(tables) > 1 and not all(contract.selects for contract, _ in matches):
        raise Refused(
            f"{path} matches the patterns of {' and '.join(tables)}.",
            "Make one pattern narrower, or let each `select` its own records.",
        )
    times = (_time(path, found.groupdict()) for _, found in matches)
    return Recognised(tables, next(filter(None, times), arrived))


def _matches(name: str, contracts: Iterable[Claims]) -> list[tuple[Claims, re.Match[str]]]:
    return [(c, found) for c in contracts for p in c.files if (found := _pattern(p).fullmatch(name))]


def _time(path: str, parts: dict[str, str]) -> datetime | None:
    if not parts.keys() & {"d", "j"}:
        return None
    text, form = " ".join(parts.values()), " ".join(f"%{token}" for token in parts)
    try:
        found = datetime.strptime(text, form)
        if found.strftime(form) != text:  # Python takes day 366 of any year
            raise ValueError(f"{text} is {found:%Y-%m-%d}")
        return found
    except ValueError as error:
        raise Refused(f"{path}: its name holds no date: {error}.", "Rename the file and drop it again.") from error
