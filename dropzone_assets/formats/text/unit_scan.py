"""A walk through a text from unit to unit, in bounded memory: what stands where, and on which line."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from dropzone_assets.formats.text.shape import Shape

PIECE = 1 << 20
"""Bytes of text that are looked at together, at least."""

MANY = 1 << 62
"""More records than any file has."""

STRIDES = (512, 16, 1)
"""Records that are passed in one step."""


class Unit(NamedTuple):
    """A header, skipped, blank or record; its first and last line, from 1; where it is in bytes; what it holds."""

    kind: str
    line: int
    last: int
    start: int
    end: int
    held: bytes


class UnitScan:
    """A position in a text; lines end with a line feed, a carriage return, or both."""

    def __init__(self, shape: Shape, blocks: Iterable[bytes]) -> None:
        self._shape = shape
        self._blocks = iter(blocks)
        self._text, self._at, self._before = b"", 0, 0
        self._ended = False
        self._line = 1
        self._units = 0

    def units(self) -> Iterator[Unit]:
        """Every unit from here to the end."""
        while unit := self._next():
            yield unit

    def count(self) -> int:
        """How many records the whole text has."""
        for _ in range(self._shape.skip + self._shape.header):
            self._next()
        return MANY - self._pass(MANY)

    def records(self, numbers: Collection[int]) -> Iterator[tuple[int, Unit]]:
        """The records of these numbers, the first being 1, as far as they exist; read no further than the last."""
        passed = 0
        for _ in range(self._shape.skip + self._shape.header):
            self._next()
        for number in sorted(set(numbers)):
            self._pass(number - 1 - passed)
            unit = next((unit for unit in self.units() if unit.kind == "record"), None)
            if unit is None:
                return
            passed = number
            yield number, unit

    def _next(self) -> Unit | None:
        while self._at == len(self._text) or not (found := self._match_unit()):
            if not self._more():
                return None
        held, (start, end) = found[1], (self._before + found.start(), self._before + found.end())
        line = self._line
        self._go(found.end())
        return Unit(self._kind(held), line, line + breaks(held.rstrip(b"\r\n")), start, end, held)

    def _match_unit(self) -> re.Match[bytes] | None:
        return self._shape.unit(ended=self._ended).match(self._text, self._at)

    def _kind(self, held: bytes) -> str:
        self._units += 1
        if self._units <= self._shape.skip:
            return "skipped"
        if self._units == self._shape.skip + self._shape.header:
            return "header"
        return "blank" if self._shape.is_blank(held) else "record"

    def _pass(self, count: int) -> int:
        """Go behind so many records, or to the end; how many of them were not there."""
        while count > 0:
            for stride in STRIDES:
                records = self._shape.records(stride, ended=self._ended)
                while count >= stride and (found := records.match(self._text, self._at)):
                    self._go(found.end())
                    count -= stride
            if count and not self._more():
                break
        return count

    def _go(self, to: int) -> None:
        self._line += breaks(self._text[self._at : to])
        self._at = to

    def _more(self) -> bool:
        """Read on, twice as much as is left, so that a long record is not looked at again and again."""
        if self._ended:
            return False
        pieces = [self._text[self._at :]]
        self._before += self._at
        size, wanted = len(pieces[0]), max(PIECE, 2 * len(pieces[0]))
        while size < wanted and (block := next(self._blocks, None)) is not None:
            pieces.append(block)
            size += len(block)
        self._ended = size < wanted
        self._text, self._at = b"".join(pieces), 0
        return True


def breaks(text: bytes) -> int:
    """How many line breaks a text has."""
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
