"""The dialect of a CSV file: what separates, quotes and escapes, where the header is. Python's own reader of it."""

import csv
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple, TextIO

from dropzone_assets.errors import Refused

CHUNK, OVERLAP = 1 << 20, 200


@dataclass(frozen=True)
class Dialect:
    """How records and cells are told apart; `skip` lines come before the header or the first record."""

    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    header: bool | None = None
    skip: int | None = None

    def rows(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """The records as Python's own reader sees them; a blank line is an empty one. A quote counts behind a blank."""
        delimiter = self.delimiter or ","
        if self.quote == "":
            return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        escape = None if self.escape in (None, "", self.quote) else self.escape
        # Without doubled quotes it would not mind what stands behind a closing one.
        quote = self.quote or '"'
        return csv.reader(
            lines, delimiter=delimiter, quotechar=quote, escapechar=escape, strict=strict, skipinitialspace=True
        )


class Sample(NamedTuple):
    """The text of a file: its beginning, whether that is all, and all of it, as often as asked.

    `may_hold` says of some characters that none is in the file, or else one may be: bytes are looked at, not decoded.
    """

    text: str
    whole: bool
    open: Callable[[], TextIO]
    may_hold: Callable[[str], bool]

    def chunks(self) -> Iterator[str]:
        """All of it in pieces; what stands across an edge of two is in the second."""
        if self.whole:
            yield self.text
            return
        with self.open() as file:
            last = ""
            while chunk := file.read(CHUNK):
                yield last + chunk
                last = chunk[-OVERLAP:]


def records(dialect: Dialect, lines: Iterable[str]) -> list[list[str]]:
    """The records up to the first that cannot be read."""
    return list(readable(dialect, lines))


def readable(dialect: Dialect, lines: Iterable[str]) -> Iterator[list[str]]:
    """The same, one by one."""
    with suppress(csv.Error):
        yield from dialect.rows(lines)


def two_readings(sample: Sample, one: Dialect, other: Dialect) -> Refused:
    """Both readings, each by the first record in which they differ."""
    pins = [f"{{{', '.join(_pin(a, b))}}}" for a, b in ((one, other), (other, one))]
    texts = [records(each, StringIO(sample.text, newline="")) for each in (one, other)]
    pairs = zip(*texts, strict=False)
    a, b = next(((a, b) for a, b in pairs if a != b), ([], []))
    return Refused(
        f"can be read in two ways: {pins[0]} gives {_shown(a)}, {pins[1]} gives {_shown(b)}.",
        f"Pin one in the contract: `format: {pins[0]}` or `format: {pins[1]}`; "
        f"to see it first: dropzone preview FILE {_flags(one, other)}",
    )


def _flags(one: Dialect, other: Dialect) -> str:
    """The options of a preview that take one reading and not the other."""
    differing = [(name, value) for name, value in vars(one).items() if value != vars(other)[name]]
    return " ".join(
        f"--{'' if value else 'no-'}{name}" if name == "header" else f"--{name} {_argument(value)}"
        for name, value in differing
        if value is not None
    )


def _argument(value: object) -> str:
    return {"": "none", "\t": "tab"}.get(str(value)) or shlex.quote(str(value))


def _pin(one: Dialect, other: Dialect) -> Iterator[str]:
    for option in ("delimiter", "quote", "escape", "header", "skip"):
        value = getattr(one, option)
        if value != getattr(other, option):
            yield f"{option}: {value!r}"


def _shown(cells: Sequence[str]) -> str:
    return repr([cell[:30] for cell in cells[:5]])
