"""Where the records of a workbook are: on which sheet, in which cells, below which header."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from dropzone_assets.errors import Refused
from dropzone_assets.readers.workbook.cells import Sheet
from dropzone_assets.readers.workbook.limits import column_number

SEARCHED = 100
"""Rows in which a header is looked for."""

RANGE = re.compile(r"([A-Z]{1,3})([1-9]\d*):([A-Z]{1,3})([1-9]\d*)?")


class Area(NamedTuple):
    """Cells, counted from 0; `right` and `bottom` are the first ones behind it, None where it ends with the sheet."""

    left: int
    top: int
    right: int | None
    bottom: int | None


ALL = Area(0, 0, None, None)


class Location(NamedTuple):
    """A sheet, the cells with the header and the rows, the columns that are read, and their names."""

    sheet: str
    area: Area
    columns: tuple[int, ...]
    names: tuple[str, ...]
    header: bool = True


def area_of(text: str) -> Area:
    """`B3:F200`, or `B3:F` to the end of the sheet, or nothing for all of it.

    Raises:
        ValueError: it is no range.
    """
    found = RANGE.fullmatch(text.strip().replace("$", "").upper())
    if not found:
        if text.strip():
            raise ValueError(f"range: {text!r} is not like B3:F200 or B3:F")
        return ALL
    area = Area(
        column_number(found[1]), int(found[2]) - 1, column_number(found[3]) + 1, int(found[4]) if found[4] else None
    )
    if (area.right or 0) <= area.left or (area.bottom is not None and area.bottom <= area.top):
        raise ValueError(f"range: {text!r} ends before it begins")
    return area


def find(sheets: Sequence[Sheet], area: Area, wanted: Sequence[str] | None, hidden: Sequence[Sheet] = ()) -> Location:
    """The one place where records may be.

    Args:
        sheets: those with something on them.
        wanted: names the header may hold; None when there is no header.
        hidden: sheets that nobody sees; none is read, but one that fits better is named.

    Raises:
        Refused: nothing is there, several sheets are equally good, or a hidden one is better.
    """
    names = {_normal(name) for name in wanted or ()}
    found = [header for sheet in sheets if (header := _header(sheet, area, names))]
    best = [header for header in found if header.score == max(each.score for each in found)]
    _refuse_for_hidden([header for sheet in hidden if (header := _header(sheet, area, names))], best)
    if not best:
        raise Refused("is an empty workbook: there is not even a header.", "Ask the sender for the file again.")
    if len(best) > 1:
        several = ", ".join(f"{header.sheet.name} (row {header.row + 1})" for header in best)
        raise Refused(f"has several sheets that could be meant: {several}.", "Pin `sheet` under `format`.")
    return _location(best[0].sheet, area._replace(top=best[0].row), wanted is not None)


class _Header(NamedTuple):
    """A row that may be the header, and how many of the wanted names it holds."""

    sheet: Sheet
    row: int
    score: int


def _header(sheet: Sheet, area: Area, names: set[str]) -> _Header | None:
    """The row with most of the names; without names to look for, the first row with anything in it."""
    end = min(sheet.rows, area.top + (SEARCHED if area == ALL else 1))
    rows = []
    for number in range(area.top, end):
        texts = [text for at, text in sheet.row(number).items() if at in _columns(sheet, area)]
        if texts or area != ALL:
            rows.append(_Header(sheet, number, len(names & {_normal(text) for text in texts})))
    return max(rows, key=lambda header: header.score, default=None)


def _refuse_for_hidden(hidden: Sequence[_Header], best: Sequence[_Header]) -> None:
    """Whether the rows are on the visible sheet or on the hidden one, the sender has to say."""
    better = max(hidden, key=lambda header: header.score, default=None)
    if better and better.score > max((header.score for header in best), default=0):
        seen = f"{best[0].sheet.name} has {best[0].score}" if best else "none that is visible has any"
        raise Refused(
            f"has {better.score} of the wanted names on its hidden sheet {better.sheet.name} (row {better.row + 1}), "
            f"and {seen}.",
            f"Pin `sheet: {better.sheet.name}` under `format`, or ask for the sheet to be shown.",
        )


def _location(sheet: Sheet, area: Area, header: bool) -> Location:
    """The columns that have a name, or anything below the header."""
    start = area.top + header
    length = max(min(area.bottom or sheet.rows, sheet.rows) - start, 0)
    texts = sheet.row(area.top) if header else {}
    unsaved = {column for row, column in sheet.unsaved if start <= row < start + length}
    filled = [at for at in _columns(sheet, area) if at in unsaved or sheet.texts(at, start, length).null_count < length]
    columns = sorted({*filled, *(at for at in texts if at in _columns(sheet, area))})
    if not columns:
        raise Refused("has nothing in the cells where its rows should be.", "Correct `range` under `format`.")
    names = [texts.get(at, "") if header else f"column{n}" for n, at in enumerate(columns, start=1)]
    return Location(sheet.name, area, tuple(columns), tuple(names), header)


def _columns(sheet: Sheet, area: Area) -> range:
    end = sheet.columns.stop if area.right is None else min(area.right, sheet.columns.stop)
    return range(max(area.left, sheet.columns.start), end)


def _normal(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")
