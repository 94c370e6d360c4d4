"""Whether the numbers of a file have a decimal comma: proven by its columns of numbers, or refused.

`1,5`, `0,123` and `1.234,50` prove a comma; `1.5` and `1,234.50` prove a point, and so does a file with both kinds:
what does not fit then costs its record only. `1,234` may be either; a file whose numbers have no other form is refused.
`1.234` alone is read with a point, as numbers are written for machines.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from dropzone_assets.errors import Refused
from dropzone_assets.formats.text.dialect import Dialect, Sample, readable

_THOUSANDS = r"\.\d{3}\.\d"
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d*,(\d{1,2}|\d{4,})|0+,\d+|\d{4,},\d+)")
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}|\d*\.(\d{1,2}|\d{4,})|0+\.\d+|\d{4,}\.\d+)")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")


def has_commas(sample: Sample, dialect: Dialect, locations: Sequence[int]) -> bool:
    """Whether the columns at `places`, which hold numbers, are written with a decimal comma.

    Raises:
        Refused: it could be a comma between thousands.
    """
    head = StringIO(sample.text, newline="")
    if not locations or any(map(_POINT.fullmatch, _numbers(head, dialect, locations))):
        return False
    if not any(map(_likely(dialect).search, sample.chunks())):
        return False
    either, comma = "", False
    with sample.open() as lines:
        for text in _numbers(lines, dialect, locations):
            if _POINT.fullmatch(text):
                return False
            comma = comma or bool(_COMMA.fullmatch(text))
            either = either or (text if _EITHER.fullmatch(text) else "")
    if either and not comma:
        raise Refused(
            f"has numbers like {either}, which may be {either.replace(',', '')} or {either.replace(',', '.')}.",
            'Pin `format: {decimal: ","}` or `format: {decimal: "."}` in the contract.',
        )
    return comma


def _likely(dialect: Dialect) -> re.Pattern[str]:
    """What some number of a file with a decimal comma has; where commas part cells, it is quoted or escaped."""
    if (dialect.delimiter or ",") != ",":
        return re.compile(rf",\d|{_THOUSANDS}")
    quote = '"' if dialect.quote is None else dialect.quote
    opened = [rf"{re.escape(quote)}\s*[+-]?[\d.]*,\d"] if quote else []
    escaped = [rf"{re.escape(dialect.escape)},\d"] if dialect.escape else []
    return re.compile("|".join([_THOUSANDS, *opened, *escaped]))


def _numbers(lines: Iterable[str], dialect: Dialect, locations: Sequence[int]) -> Iterator[str]:
    """The different texts of some columns, up to the first record that cannot be read."""
    known: set[str] = set()
    for cells in readable(dialect, lines):
        found = {cells[n] for n in locations if n < len(cells)} - known
        yield from (text.strip() for text in found)
        known |= found


def pointed(cell: str) -> str:
    """SQL: a number with a decimal comma as one with a point; another number gets a mark that no type accepts."""
    number = r"\s*[+-]?([0-9]{1,3}([.][0-9]{3})+|[0-9]*)(,[0-9]+)?\s*"
    return (
        f"CASE WHEN regexp_full_match({cell}, '{number}') THEN replace(replace({cell}, '.', ''), ',', '.') "
        rf"WHEN regexp_full_match({cell}, '\s*[+-]?[0-9.,]+\s*') THEN '?' || {cell} ELSE {cell} END"
    )
