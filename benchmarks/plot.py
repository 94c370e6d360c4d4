"""A picture of the contests, as SVG: a bar for every contestant, by the logarithm of its ratio to the yardstick."""

from html import escape
from math import log10
from typing import Any

from benchmarks.report import standings, yardstick

LEFT, WIDE, LINE, GAP = 250, 560, 22, 46
"""Pixels: where bars begin, how long ten times ten is, the height of a bar's line, of a title."""

LEAST, MOST = 0.1, 100.0

COLOURS = {"ours": "#2f6f9f"}
OTHERS, GRID, TEXT = "#b8b8b8", "#dddddd", "#333333"


def picture(results: list[dict[str, Any]]) -> str:
    """The SVG."""
    parts, top = [], 10
    for result in results:
        unit = yardstick(result)
        if not unit:
            continue
        right = [each for each in standings(result) if not each.wrong]
        parts.append(_text(10, top + 26, f"{result['title']}: cpu, {unit.name} = 1", bold=True))
        top += GAP
        parts += _grid(top, len(right))
        for each in right:
            parts += _bar(top, each.name, each.ratios(unit)[0])
            top += LINE
        top += 20
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDE + 90}" height="{top}" font-family="sans-serif">'
    )
    return "\n".join([head, f'<rect width="100%" height="{top}" fill="white"/>', *parts, "</svg>"]) + "\n"


def _place(ratio: float) -> float:
    """Pixels from the left of a ratio."""
    share = log10(min(max(ratio, LEAST), MOST) / LEAST) / log10(MOST / LEAST)
    return LEFT + WIDE * share


def _grid(top: int, lines: int) -> list[str]:
    marks = [
        f'<line x1="{_place(x):.0f}" x2="{_place(x):.0f}" y1="{top - 6}" y2="{top + lines * LINE}" stroke="{GRID}"/>'
        for x in (0.1, 1, 10, 100)
    ]
    return [*marks, *(_text(int(_place(x)) - 6, top - 8, f"{x:g}", size=11) for x in (0.1, 1, 10, 100))]


def _bar(top: int, name: str, ratio: float) -> list[str]:
    start, end = sorted((_place(LEAST), _place(ratio)))
    colour = COLOURS.get(name, OTHERS)
    return [
        _text(10, top + 14, name),
        f'<rect x="{start:.0f}" y="{top + 2}" width="{max(end - start, 1):.0f}" height="{LINE - 6}" fill="{colour}"/>',
        _text(int(end) + 6, top + 14, f"{ratio:.2f}"),
    ]


def _text(x: int, y: int, text: str, *, bold: bool = False, size: int = 13) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{TEXT}"{weight}>{escape(text)}</text>'
