"""How records stand in a text, as DuckDB's strict reader tells them apart: one regular expression for a unit.

A unit is a record, a header, a line above them or a blank line, each with its line break. A quote counts where a value
begins, or behind one blank there; behind a closing quote and blanks another one opens again, where quotes are doubled.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

BREAK = rb"(?:\r\n|\n|\r)"
LAST = rb"(?:\r\n|\n|\r|\Z)"
SURE = rb"(?:\r\n|\n|\r(?!\Z))"
"""A line break; one, or the end of the text; one that surely ends where a piece of the text ends."""


class Quoting(NamedTuple):
    """Where a line break is part of a value; `quote` is one byte in UTF-8, or empty."""

    delimiter: str
    quote: str
    escape: str


PLAIN = Quoting("", "", "")
"""Every line break ends a unit."""


@dataclass(frozen=True)
class Shape:
    """What stands in a text: `skip` units, one header, then records.

    `blank` is what a line may hold that is no record, as a regular expression; None where every line is one.
    """

    quoting: Quoting = PLAIN
    blank: bytes | None = b""
    skip: int = 0
    header: bool = False

    def unit(self, *, ended: bool) -> re.Pattern[bytes]:
        """What a unit holds, and its end. In a piece of a text that has not `ended`, only a whole unit matches."""
        return _unit(self.quoting, LAST if ended else SURE)

    def records(self, count: int, *, ended: bool) -> re.Pattern[bytes]:
        """So many records, with the blank lines above each."""
        return _many(self.quoting, self.blank, LAST if ended else SURE, count)

    def is_blank(self, held: bytes) -> bool:
        """Whether what a unit holds is no record."""
        return self.blank is not None and re.fullmatch(self.blank, held) is not None


@lru_cache(64)
def _unit(quoting: Quoting, end: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(" + _held(quoting, end) + rb"|)" + end)


@lru_cache(64)
def _many(quoting: Quoting, blank: bytes | None, end: bytes, count: int) -> re.Pattern[bytes]:
    held = _held(quoting, end)
    if blank is None:
        record = rb"(?!\Z)(?:" + held + rb")?+" + end
    else:
        record = rb"(?:" + blank + (BREAK if end == LAST else end) + rb")*+(?!" + blank + end + rb")" + held + end
    return re.compile(rb"(?:" + record + rb"){%d}+" % count)


def _held(quoting: Quoting, end: bytes) -> bytes:
    """At least one byte of a unit; one without quotes, which most are, costs one step."""
    if not quoting.quote:
        return rb"[^\r\n]++"
    quote, delimiter = (re.escape(each.encode()) for each in (quoting.quote, quoting.delimiter))
    quoted = quote + inside(quoting) + quote + rb"?+"
    begins = rb"(?:(?<![^\r\n])|(?<=" + delimiter + rb"))"
    again = rb"(?: ++" + quoted + rb")*+" if quoting.escape in ("", quoting.quote) else b""
    value = begins + rb" ?+" + quoted + again
    text = rb"[^\r\n" + quote + re.escape(quoting.delimiter.encode()[-1:]) + rb" ]++"
    return rb"(?:[^\r\n" + quote + rb"]++(?=" + end + rb")|(?:" + value + rb"|" + text + rb"|[^\r\n])++)"


def inside(quoting: Quoting) -> bytes:
    """The expression for what stands between quotes, to the end of the text where one is left open."""
    quote = re.escape(quoting.quote.encode())
    escape = re.escape((quoting.escape or quoting.quote).encode())
    pair = quote + quote if escape == quote else escape + rb"(?s:.)"
    other = rb"[^" + quote + (b"" if escape == quote else escape) + rb"]*+"
    return other + rb"(?:" + pair + other + rb")*+"
