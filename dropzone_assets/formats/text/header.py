"""Which line of a table is its header, told from what stands in it and below it, where no names are wanted."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from dropzone_assets.formats.text.values import MOMENT, NOTHING, NUMBER, TEXT, kind_of, kind_of_column
from dropzone_assets.formats.text.weigh import usual_width

LOOKED_AT = 100
"""Records below a header that are looked at."""

ABOVE = 40
"""Lines in which a header is looked for."""

LONG = 100
"""Letters that no name of a column has."""

RUN = 4
"""Numbers in a row that count columns: 1, 2, 3, 4. Years need only be two."""

Rows = Sequence[Sequence[str]]


class Start(NamedTuple):
    """Where a table starts: lines above it, whether its first line is a header, None where nothing proves it.

    `likely`: what a reader would say then.
    """

    skip: int
    header: bool | None
    likely: bool


def start_of(rows: Rows, skip: int | None) -> Start:
    """Where the table of some records starts.

    Args:
        rows: all records from the first line of the file; a blank line is an empty one.
        skip: lines that are known to stand above it.
    """
    width = usual_width(map(len, rows))
    at = _first(rows, width) if skip is None else skip
    if at >= len(rows):
        return Start(skip or 0, None, True)
    below = [cells for cells in rows[at + 1 :] if len(cells) == width and any(map(str.strip, cells))][:LOOKED_AT]
    first = next((cells for cells in rows[at:] if any(map(str.strip, cells))), rows[at])
    return Start(at, _is_header(first, below), _is_likely(first, below))


def _first(rows: Rows, width: int) -> int:
    """The first line that is no title, comment or blank line."""
    begin = next((n for n, cells in enumerate(rows) if _is_wide(cells, width)), len(rows))
    for at in range(begin, min(begin + ABOVE, len(rows))):
        cells = rows[at]
        below = [each for each in rows[at + 1 :] if len(each) == width and any(map(str.strip, each))][:LOOKED_AT]
        if len(cells) == width and 2 * _filled(cells) > width:
            if at == begin or _is_header(cells, below):
                return at
            if _is_titled(rows[begin:at], cells) and _is_likely(cells, below):
                return at
        if not any(map(str.strip, cells)) or 2 * _filled(cells) <= width or _is_comment(cells):
            continue
        if len(cells) == width:
            return begin
    return begin


def _is_titled(above: Rows, cells: Sequence[str]) -> bool:
    """Whether each line above some names holds one text at most, and is plainly no record."""
    apart = len(cells) > 2 or not all(any(map(str.strip, each)) for each in above)
    return all(_filled(each) <= 1 for each in above) and (apart or above[0][:1] == cells[:1])


def _is_wide(cells: Sequence[str], width: int) -> bool:
    return any(map(str.strip, cells)) and (len(cells) > 1 or width == 1) and not _is_comment(cells)


def _is_comment(cells: Sequence[str]) -> bool:
    return bool(re.match(r"#\s|//|#[^,;\t|]*$", cells[0])) if cells and len(cells) == 1 else False


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _is_header(first: Sequence[str], below: Rows) -> bool | None:
    """A text above numbers or moments is a name; a number among numbers is none, unless such numbers count columns."""
    if _counts(first) and below:
        return True
    names = values = 0
    columns = list(zip(*below, strict=True)) or [()] * len(first)
    for cell, column in zip(first, columns, strict=False):
        kind, usual = kind_of(cell), kind_of_column(map(kind_of, column))
        names += kind == TEXT and usual in (NUMBER, MOMENT)
        names += kind == MOMENT and usual == NUMBER
        values += kind in (NUMBER, MOMENT) and kind != NOTHING and not (kind == MOMENT and usual == NUMBER)
    if names == values:
        return None
    return names > values


def _counts(first: Sequence[str]) -> bool:
    """Whether numbers behind a name count up: years, or many."""
    numbers = [int(cell) for cell in first if re.fullmatch(r"\d{1,4}", cell.strip())]
    steps = {b - a for a, b in pairwise(numbers)}
    years = all(1900 <= number <= 2100 for number in numbers)
    texts = [cell for cell in first if kind_of(cell) == TEXT]
    return bool(texts) and steps in ({1}, {-1}) and len(numbers) >= (2 if years else RUN)


def _is_likely(first: Sequence[str], below: Rows) -> bool:
    """Whether texts above texts are names: each there once, short, and no value of its column."""
    if any(kind_of(cell) in (NUMBER, MOMENT) for cell in first):
        return False
    names = [cell.strip().casefold() for cell in first if cell.strip()]
    if not names or len(set(names)) < len(names) or any(len(name) > LONG for name in names):
        return False
    return not any(
        cell.strip() and cell in column for cell, column in zip(first, zip(*below, strict=True), strict=False)
    )


def names_of(first: Sequence[str], width: int) -> tuple[str, ...]:
    """The names of `width` columns: empty ones too many are left out, those that lack are numbered."""
    names = list(first)
    while len(names) > width and "" in map(str.strip, names):
        names.pop(next(n for n in reversed(range(len(names))) if not names[n].strip()))
    return (*names, *_numbered(len(names) + 1, width))


def _numbered(first: int, last: int) -> Iterator[str]:
    return (f"column{n}" for n in range(first, last + 1))
