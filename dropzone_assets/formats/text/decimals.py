"""The decimal sign of a file's numbers, as far as its first records prove it; the rest is seen when all are read.

`1,5`, `0,123` and `1.234,50` prove a comma; `1.5` and `1,234.50` prove a point. `1.234` and `1,234` may be either.
"""

import re
from collections.abc import Iterator, Sequence
from io import StringIO

from dropzone_assets.formats.format import Figures
from dropzone_assets.formats.text.dialect import Dialect, Sample, readable
from dropzone_assets.numerals import OTHER, proof

_MAY_BE_TWO = re.compile("[.,][0-9]{3}(?![0-9])")
_PROOFS = {sign: re.compile(proof(sign)) for sign in OTHER}


def pinned_figures(decimal: str | None, thousands: str | None) -> Figures:
    """How numbers are written by the contract; each of the two signs says the other.

    Raises:
        ValueError: one sign is pinned as both.
    """
    if decimal and decimal == thousands:
        raise ValueError(f"{decimal!r} is pinned as the decimal sign and between thousands; one sign cannot be both")
    sign = decimal or OTHER.get(thousands or "")
    return Figures(sign or "?", thousands or "", sign is not None)


def sign_of(sample: Sample, dialect: Dialect, locations: Sequence[int]) -> str:
    """The one decimal sign that the columns at `locations`, which hold numbers, prove in the sample; else `?`.

    In a file that is wholly seen and has no number that may be two, it is a point where nothing is proven.
    """
    found = _proven(sample, dialect, locations) if locations and {".", ","} & set(sample.text) else set()
    if len(found) == 1:
        return found.pop()
    return "?" if found or not sample.whole or _MAY_BE_TWO.search(sample.text) else "."


def _proven(sample: Sample, dialect: Dialect, locations: Sequence[int]) -> set[str]:
    delimiter = dialect.delimiter or ","
    quote = '"' if dialect.quote is None else dialect.quote
    quoted = bool(quote) and quote in sample.text
    comma = quoted or bool(dialect.escape) if delimiter == "," else "," in sample.text
    found: set[str] = set()
    for text in _numbers(sample, dialect, locations):
        found |= {sign for sign, pattern in _PROOFS.items() if pattern.fullmatch(text)}
        if found and not comma:
            break
    return found


def _numbers(sample: Sample, dialect: Dialect, locations: Sequence[int]) -> Iterator[str]:
    """The different texts of some columns, up to the first record that cannot be read."""
    known: set[str] = set()
    for cells in readable(dialect, StringIO(sample.text, newline="")):
        found = {cells[n] for n in locations if n < len(cells)} - known
        yield from (text.strip() for text in found)
        known |= found
