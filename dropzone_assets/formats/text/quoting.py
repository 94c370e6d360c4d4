"""Which quote and which escape a CSV file has, proven over the whole file."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from itertools import islice, zip_longest

from dropzone_assets.formats.text.dialect import Dialect, Sample, records, two_readings


def with_quotes(sample: Sample, found: Dialect, pinned: Dialect) -> Dialect:
    """The dialect with its quote and escape.

    Raises:
        Refused: two ways of quoting give different text, and none gives fewer broken records.
    """
    return _escaped(sample, _quoted(sample, found, pinned), pinned)


def _quoted(sample: Sample, found: Dialect, pinned: Dialect) -> Dialect:
    """The single quote only where cells begin and end with it and no double quote opens one."""
    if pinned.quote is not None:
        return replace(found, quote=pinned.quote)
    usual, edge = replace(found, quote='"', escape=""), rf"[\r\n{re.escape(str(found.delimiter))}]"
    opening, closing = re.compile(rf"(?:^|{edge})'"), re.compile(rf"'(?:$|{edge})")
    chunks = sample.chunks() if sample.may_hold("'") else ()
    if not any("'" in each and opening.search(each) and closing.search(each) for each in chunks):
        return usual
    singles = [replace(found, quote="'", escape=escape) for escape in ("", "\\")]
    faults = {trial: _faults(sample, trial) for trial in (usual, *singles)}
    single = min(singles, key=lambda each: faults[each])
    if faults[single] != faults[usual]:
        return min(usual, single, key=lambda each: faults[each])
    double = re.compile(rf'(?:^|{edge})"[^"]*"(?:$|{edge})')
    if any(map(double.search, sample.chunks())) or _same(sample, single, usual):
        return usual
    if _wraps(sample, usual):
        return single
    raise two_readings(sample, single, usual)


def _wraps(sample: Sample, usual: Dialect) -> bool:
    """Whether single quotes stand around all names, and around every or no value of a column: they are no text."""
    rows = records(usual, StringIO(sample.text, newline=""))[usual.skip or 0 :]
    rows = [cells for cells in rows if len(cells) == len(rows[0]) > 0]
    wrapped = [[len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells] for cells in rows]
    columns = zip(*wrapped[1:], strict=True)
    return len(rows) > 1 and all(wrapped[0]) and all(len(set(column)) == 1 for column in columns)


def _escaped(sample: Sample, found: Dialect, pinned: Dialect) -> Dialect:
    """A backslash escapes where quotes stand behind it and records come out even; else a quote is doubled.

    Who escapes with backslashes escapes backslashes too and doubles no quote: a backslash before any other character,
    or two quotes inside a value, prove that quotes are doubled.
    """
    if pinned.escape is not None or not found.quote:
        return replace(found, escape=pinned.escape or "")
    usual = replace(found, escape="")
    pairs = ("\\\\", "\\" + found.quote)
    chunks = sample.chunks() if sample.may_hold("\\") else ()
    if not any(pair in each for each in chunks if found.quote in each for pair in pairs):
        return usual
    return _fewer_faults(sample, replace(found, escape="\\"), usual)


def _fewer_faults(sample: Sample, new: Dialect, usual: Dialect) -> Dialect:
    """The reading by which more records have the width of the first; two that give the same text are one."""
    faults = {trial: _faults(sample, trial) for trial in (usual, new)}
    if faults[new] != faults[usual]:
        return min(faults, key=lambda each: faults[each])
    if _same(sample, new, usual):
        return usual
    quote, delimiter = re.escape(str(usual.quote)), re.escape(str(usual.delimiter))
    doubled = re.compile(rf"(?<!\\)(?:\\\\)*\\(?![\\{quote}])|{quote}{quote}[^\r\n{delimiter}]")
    if any(map(doubled.search, sample.chunks())):
        return usual
    raise two_readings(sample, new, usual)


def _same(sample: Sample, one: Dialect, other: Dialect) -> bool:
    return all(a == b for a, b in zip_longest(_strict(sample, one), _strict(sample, other)))


BROKEN = 1 << 32
"""Faults of a file whose quotes do not come out even: more than any number of records."""


def _faults(sample: Sample, trial: Dialect) -> int:
    faults = width = 0
    for cells in islice(_strict(sample, trial), trial.skip or 0, None):
        width = width or len(cells)
        faults += BROKEN if cells == [str(BROKEN)] else len(cells) not in (0, width)
    return faults


def _strict(sample: Sample, trial: Dialect) -> Iterator[list[str]]:
    with sample.open() as lines:
        try:
            yield from trial.rows(lines, strict=True)
        except csv.Error:
            yield [str(BROKEN)]
