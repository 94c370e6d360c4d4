"""What calamine does not tell of a sheet: formulas without a saved value, errors it has no name for, digits it drops.

A sheet in which a quick look finds nothing odd is not looked at again; an odd one is parsed. Both stop at cells that
calamine would read as something though they are nothing: two at one place, a text that is not in the list.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

Cell = tuple[int, int]
"""Row and column, from 0."""


class Marks(NamedTuple):
    """Cells by their places: formulas without a value; what cells say that calamine would say otherwise.

    `splices`: pieces of the part, by their first byte and the one behind their last, and what to put there instead.
    """

    unsaved: frozenset[Cell] = frozenset()
    texts: Mapping[Cell, str] = MappingProxyType({})
    splices: tuple[tuple[int, int, bytes], ...] = ()


CHUNK = 1 << 20
PREFIXED = re.compile(rb"<[\w.-]+:(?:row|c|f|v)[\s/>]")
"""Elements of a sheet that gives its own a prefix: few writers do, so the patterns below know none."""

ROW = re.compile(rb'<row\s[^>]*?\br="(\d+)"')
ROWS = re.compile(rb"<row[\s/>]")
CELLS = re.compile(rb"<c[\s/>]")
CELL = re.compile(rb'<c r="([A-Z]{1,3}[1-9]\d*)"')
TYPED = (b' t="s"', b' t="b"', b' t="e"')
ELSEWISE = re.compile(rb"\st(?:\s*=\s*'|\s+=|=\s)")
SOUND = re.compile(
    rb' t="(?:s"[^>]*><v>(\d+)<'
    rb'|b"[^>]*>(?:<f[^>]*(?:/>|>[^<]*</f>))?<v>[01]<'
    rb'|e"[^>]*>(?:<f[^>]*(?:/>|>[^<]*</f>))?<v>#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)<)'
)
FORMULA = re.compile(rb"<f[\s/>]")
UNSAVED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f\s*>)\s*(?:<v[^>]*(?:/>|>\s*</v\s*>)\s*)?</c\s*>")
TWICE = re.compile(rb"</v>\s*<v[\s>]")
LONG = re.compile(rb"<v>([+-]?[\d.]{16,}[^<]*)<")


def exact(text: str) -> str | None:
    """A number that a double cannot hold, where its digits are no double's own."""
    digits = re.sub(r"^[+-]?[0.]*", "", text.strip().split("e")[0].split("E")[0]).replace(".", "")
    if len(digits) < (16 if "." not in text else 18):
        return None
    try:
        number, nearest = Decimal(text.strip()), Decimal(float(text))
        same = not nearest.is_finite() or nearest.quantize(number) == number or number == Decimal(repr(float(text)))
    except (InvalidOperation, ValueError):
        return None
    return None if same or not number.is_finite() else f"{number:f}"


def is_odd(chunks: Iterable[bytes], strings: int, anew: bool) -> bool:
    """Whether anything in a sheet is not as nearly every writer writes it; its chunks are taken to the last one."""
    odd, last = False, 0
    for piece in _pieces(chunks):
        if not odd:
            rows = ROW.findall(piece)
            numbers = [last, *map(int, rows)]
            rising = all(one < other for one, other in pairwise(numbers))
            odd = not rising or _is_odd_piece(piece, rows, strings, anew)
            last = numbers[-1]
    return odd


def _is_odd_piece(piece: bytes, rows: list[bytes], strings: int, anew: bool) -> bool:
    cells = CELL.findall(piece)
    if len(cells) != len(CELLS.findall(piece)) or len(cells) != len(set(cells)):
        return True
    if len(rows) != len(ROWS.findall(piece)) or not {cell.lstrip(LETTERS) for cell in cells} <= set(rows):
        return True
    sound = SOUND.findall(piece)
    if len(sound) != sum(map(piece.count, TYPED)) or max(map(int, filter(None, set(sound))), default=-1) >= strings:
        return True
    if FORMULA.search(piece) and (anew or UNSAVED.search(piece)):
        return True
    if b"<!" in piece or ELSEWISE.search(piece) or PREFIXED.search(piece) or TWICE.search(piece):
        return True
    return any(exact(number.decode(errors="replace")) for number in LONG.findall(piece))


LETTERS = bytes(range(65, 91))


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A sheet in pieces of whole rows."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        if end := max(rest.rfind(b"</row>"), rest.rfind(b":row>")) + 1:
            end = rest.index(b">", end) + 1
            yield rest[:end]
            rest = rest[end:]
    yield rest
