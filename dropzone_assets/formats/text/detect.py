"""Finds the dialect of a CSV file by proof, or refuses it and shows both ways of reading it.

The order of proof: what the contract pins; a line `sep=;`; the names the contract wants in the header; one width of
all records, in cells that hold values and not other delimiters.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from io import StringIO
from itertools import islice

from dropzone_assets.errors import Refused
from dropzone_assets.formats.text.dialect import Dialect, Sample, records, two_readings
from dropzone_assets.formats.text.quoting import with_quotes

DELIMITERS = (",", ";", "\t", "|", "^", ":", "~")

FIRST = 40
"""Records in which a header is looked for."""

_VALUE = re.compile(r"\s*([+-]?[\d.,' ]*\d[\d.,' ]*([eE][+-]?\d+)?%?|[\d/.:\- ]+([T ][\d:.,]+)?(Z|[+-][\d:]+)?|)\s*")
"""A number, a date, a time, or nothing: what stands in a record and hardly in a header."""

_ENDED = re.compile("\r\n|\r|\n")


def dialect_of(sample: Sample, pinned: Dialect, wanted: Sequence[str]) -> Dialect:
    """The dialect of a file.

    Raises:
        Refused: it could be two.
    """
    names = _normals(tuple(wanted))
    line = _ENDED.split(sample.text, 1)[0]
    found = _plain(line, pinned, names) or _by_header(sample, pinned, names) or _by_width(sample, pinned)
    return with_quotes(sample, found, pinned)


@lru_cache(1024)
def _normals(wanted: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normal, wanted))


def normal(name: str) -> str:
    """A name as names are compared."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def _hits(cells: Sequence[str], wanted: frozenset[str]) -> int:
    return len(wanted.intersection(map(normal, cells)))


def _trials(pinned: Dialect) -> Iterator[Dialect]:
    """Every delimiter with every quote that the contract leaves open."""
    for quote in ('"', "'") if pinned.quote is None else (pinned.quote,):
        for delimiter in DELIMITERS if pinned.delimiter is None else (pinned.delimiter,):
            if delimiter != quote:
                yield replace(pinned, delimiter=delimiter, quote=quote)


@lru_cache(4096)
def _plain(line: str, pinned: Dialect, wanted: frozenset[str]) -> Dialect | None:
    """A header in the first line that names two wanted columns, by one delimiter only: most files are done here."""
    if pinned.skip or pinned.header is False or line.count(pinned.quote or '"') % 2:
        return None
    scored: dict[str, tuple[int, Dialect]] = {}
    for trial in _trials(pinned):
        hits = _hits(next(iter(records(trial, [line])), []), wanted)
        if hits > 1 and (trial.delimiter not in scored or hits > scored[str(trial.delimiter)][0]):
            scored[str(trial.delimiter)] = hits, replace(trial, header=True, skip=0)
    return next(iter(scored.values()))[1] if len(scored) == 1 else None


def _first(sample: Sample, trial: Dialect) -> list[list[str]]:
    return records(trial, StringIO(sample.text, newline=""))


def _separated(sample: Sample, pinned: Dialect) -> list[Dialect]:
    """All trials, or those of the delimiter a line `sep=;` names."""
    named = re.match(r"\s*\"?sep=(.)\"?\s*[\r\n]", sample.text, re.IGNORECASE)
    if not named or pinned.delimiter:
        return list(_trials(pinned))
    return list(_trials(replace(pinned, delimiter=named[1])))


def _by_header(sample: Sample, pinned: Dialect, wanted: frozenset[str]) -> Dialect | None:
    """The record that names most wanted columns, first in the file or below lines that are no records."""
    if pinned.header is False:
        return None
    best: list[tuple[tuple[int, int], list[list[str]], Dialect]] = []
    for trial in _separated(sample, pinned):
        rows = _first(sample, trial)
        location = _header_location(rows[: FIRST + (pinned.skip or 0)], pinned.skip, wanted)
        if location is None:
            continue
        body = [cells for cells in rows[location:] if cells]
        ragged = sum(len(cells) != len(body[0]) for cells in body)
        score = (_hits(body[0], wanted), -ragged if len(body[0]) == 1 else 0)
        if not best or score >= best[0][0]:
            best = [each for each in best if each[0] == score]
            best.append((score, body, replace(trial, header=True, skip=location)))
    rival = next((each for each in best[1:] if each[1] != best[0][1] and each[2].quote == best[0][2].quote), None)
    if rival:
        raise two_readings(sample, best[0][2], rival[2])
    return best[0][2] if best else None


def _header_location(rows: Sequence[list[str]], skip: int | None, wanted: frozenset[str]) -> int | None:
    hits = [_hits(cells, wanted) for cells in rows]
    if skip is not None:
        location = next((n for n, cells in enumerate(rows) if n >= skip and any(map(str.strip, cells))), None)
        return location if location is not None and hits[location] else None
    if not hits or not max(hits):
        return None
    location = hits.index(max(hits))
    above = [n for n, cells in enumerate(rows[:location]) if any(map(str.strip, cells))]
    if all(_is_no_record(rows[n], rows[location]) for n in above):
        return location
    return above[0] if hits[above[0]] else None


def _is_no_record(cells: list[str], header: list[str]) -> bool:
    """A line above a header: narrower, half empty, or a comment."""
    filled = sum(bool(cell.strip()) for cell in cells)
    return len(cells) < len(header) or 2 * filled <= len(cells) or cells[0].lstrip().startswith(("#", "//"))


def _by_width(sample: Sample, pinned: Dialect) -> Dialect:
    """No wanted name is there: the one delimiter by which all records have one width."""
    trials = [trial for trial in _separated(sample, pinned) if trial.quote != "'" or pinned.quote == "'"]
    even = [trial for trial in trials if _width(sample, trial) > 1]
    clean = [trial for trial in even if _is_clean(sample, trial, even)] or even
    if len(clean) > 1:
        raise two_readings(sample, clean[0], clean[1])
    chosen = clean[0] if clean else _usual(sample, trials)
    rows = _first(sample, chosen)
    skip = _above(rows) if pinned.skip is None else pinned.skip
    return replace(chosen, skip=skip, header=_has_header(rows[skip:], pinned.header))


def _usual(sample: Sample, trials: Sequence[Dialect]) -> Dialect:
    """Records differ in width: the one delimiter that is there in most of them, or none at all."""
    there = [trial for trial in trials if _usual_width(_first(sample, trial)) > 1]
    if len(there) > 1:
        raise two_readings(sample, there[0], there[1])
    return there[0] if there else trials[0]


def _usual_width(rows: Sequence[list[str]]) -> int:
    return Counter(map(len, filter(None, rows))).most_common(1)[0][0] if any(rows) else 0


def _above(rows: Sequence[list[str]]) -> int:
    """How many lines stand above the first record: blank ones, and narrow ones above wide records."""
    width = _usual_width(rows)
    return next((n for n, cells in enumerate(rows) if any(map(str.strip, cells)) and (len(cells) > 1 or width == 1)), 0)


def _width(sample: Sample, trial: Dialect) -> int:
    """How many cells all records of the file have, those lines aside that stand above them; 0 when they differ."""
    try:
        with sample.open() as lines:
            widths = list(filter(None, map(len, trial.rows(lines))))
    except csv.Error:
        return 0
    usual = Counter(widths).most_common(1)[0][0] if widths else 0
    begin = next((n for n, width in enumerate(widths) if width > 1), 0)
    return usual if set(widths[begin:]) == {usual} else 0


def _is_clean(sample: Sample, trial: Dialect, rivals: Sequence[Dialect]) -> bool:
    """No cell that is no number, date or time holds the delimiter of a rival."""
    others = [str(rival.delimiter) for rival in rivals if rival.delimiter != trial.delimiter]
    cells = (cell for row in islice(_first(sample, trial), FIRST) for cell in row)
    return not any(other in cell and not _VALUE.fullmatch(cell) for cell in cells for other in others)


def _has_header(rows: Sequence[list[str]], pinned: bool | None) -> bool:
    """A record with a number or a date is no header; above a column of them, a text is."""
    rows = [cells for cells in rows if any(map(str.strip, cells))]
    if pinned is not None or not rows:
        return pinned is not False
    if any(cell.strip() and _VALUE.fullmatch(cell) for cell in rows[0]):
        return False
    columns = zip(*(cells for cells in rows[1:] if len(cells) == len(rows[0])), strict=True)
    if any(all(map(_VALUE.fullmatch, column)) and any(map(str.strip, column)) for column in columns):
        return True
    raise Refused(
        f"names no column the contract knows; its first line may be a header or a record: {', '.join(rows[0])[:200]}.",
        "Add its names to the synonyms, or pin `format: {header: true}` or `{header: false}` in the contract.",
    )
