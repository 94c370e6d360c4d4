"""Wide tables and long cells cut to the width of the terminal; what is left out is counted and named."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

LONGEST, SHORTEST = 80, 24
"""Columns of the terminal that a cell may have, and to which it is cut where more columns fit beside it then; the last
cell may have the rest."""

GAP = 1
"""What stands between two columns."""

SIGN, BREAK = "…", "↵"
"""What stands for the rest of a cell, and for a line break in it."""


class Clipped(NamedTuple):
    """A table that fits. `said`: what is left out, empty where nothing is."""

    names: list[str]
    rows: list[list[str]]
    said: str


def clip(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Clipped:
    """The first columns of a table that fit beside each other, at least one, with cells of one line each.

    Args:
        rows: cells as they are shown.
        width: of the terminal, in its own columns.
    """
    lines = [[BREAK.join(cell.splitlines()) for cell in row] for row in (names, *rows)]
    widest = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    most = next((n for n in range(LONGEST, SHORTEST, -1) if _needed(widest, n) <= width), SHORTEST)
    kept = next((n for n in range(len(names), 1, -1) if _needed(widest[:n], most) <= width), 1)
    wide = [min(each, most) for each in widest[:kept]]
    wide[-1] += width - _needed(wide, most)
    shown = [[_cut(cell, wide[n]) for n, cell in enumerate(row[:kept])] for row in lines]
    return Clipped(shown[0], shown[1:], _said(sum(map(_differ, shown, lines)), names[kept:], width))


def _needed(widest: Sequence[int], most: int) -> int:
    return sum(min(each, most) for each in widest) + GAP * (len(widest) - 1)


def _cut(cell: str, most: int) -> str:
    return cell if cell_len(cell) <= most else set_cell_size(cell, max(most - 1, 0)).rstrip() + SIGN


def _differ(shown: list[str], whole: list[str]) -> int:
    return sum(a != b for a, b in zip(shown, whole, strict=False))


def _said(cells: int, left: Sequence[str], width: int) -> str:
    said = [f"{cells:,} long cell{'s' * (cells != 1)} cut"] if cells else []
    if left:
        said.append(f"{len(left):,} column{'s' * (len(left) != 1)} left out: {_cut(', '.join(left), 2 * width)}")
    return "; ".join(said)
