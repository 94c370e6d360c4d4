"""Comma-separated values (RFC 4180) and their kin, read by DuckDB as text; what is not pinned is found out."""

from codecs import getincrementaldecoder
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dropzone_assets.engine import Connection, literal, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.draft import Draft
from dropzone_assets.formats.format import HEAD, Content, Figures, Location, Scan, Span, Wanted
from dropzone_assets.formats.named import json_extra_columns, json_object
from dropzone_assets.formats.text.broken_header import refuse_broken_header
from dropzone_assets.formats.text.careful import careful_copy
from dropzone_assets.formats.text.copies import MIXED, as_utf8, blocks_of, copy, ends_of, holds, opened
from dropzone_assets.formats.text.counted import holds_records
from dropzone_assets.formats.text.decimals import pinned_figures, sign_of
from dropzone_assets.formats.text.detect import dialect_of, normal
from dropzone_assets.formats.text.dialect import Dialect, Sample, readable
from dropzone_assets.formats.text.encoding import canonical, encoding_of
from dropzone_assets.formats.text.header import names_of
from dropzone_assets.formats.text.rejects import Rejects
from dropzone_assets.formats.text.shape import Quoting, Shape
from dropzone_assets.formats.text.spans import text_at, text_locations, text_spans
from dropzone_assets.formats.text.splice import NUMBER, is_plain, part, splice
from dropzone_assets.formats.text.tidy import is_tidy
from dropzone_assets.formats.text.weigh import usual_width

REJECTS = "csv_rejects"

REASONS = {
    "MISSING COLUMNS": "record:missing-cell",
    "TOO MANY COLUMNS": "record:extra-cell",
    "UNQUOTED VALUE": "record:quote",
    "LINE SIZE OVER MAXIMUM": "record:length",
    "INVALID ENCODING": "record:encoding",
    "INVALID STATE": "record:quote",
}
"""DuckDB's reject reasons → ours, after Frictionless where it has the word (https://framework.frictionlessdata.io)."""


ENDS_SAID = {"\n": r"\n", "\r\n": r"\r\n", "\r": r"\r"}
"""Line breaks as DuckDB and people write them."""


class Csv(BaseModel):
    """CSV; an option that is not given is found out for each file.

    `quote` is empty where there is none, `escape` where a quote is doubled; `skip` are lines above the header or the
    first record. `decimal` and `thousands` are the signs of numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    quote: str | None = Field(default=None, max_length=1)
    escape: str | None = Field(default=None, max_length=1)
    encoding: str | None = None
    header: bool | None = None
    skip: int | None = Field(default=None, ge=0)
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'"] | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        return value and canonical(value)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        delimiter, quote = self.delimiter or ",", '"' if self.quote is None else self.quote
        if delimiter in (quote, self.escape) or {delimiter, quote, self.escape} & {"\n", "\r", " "}:
            raise ValueError("the delimiter must differ from quote and escape, and none is a space or a line break")
        if self.escape and self.quote == "":
            raise ValueError("an escape needs a quote")
        pinned_figures(self.decimal, self.thousands)
        return self

    def reading(self, content: Content, wanted: Sequence[str]) -> "CsvReading":
        """The header's names, or `column1` … where there is no header."""
        head = content.head(HEAD)
        encoding = self.encoding or encoding_of(head, blocks_of(content, head))
        sample = _sample(content, head, encoding)
        if not sample.text.strip():
            raise Refused("is empty: there is not even a header.", "Ask the sender for the file again.")
        if not sample.whole and not {"\n", "\r"} & set(sample.text):
            raise Refused(f"has no line break in its first {HEAD:,} bytes.", "Check that it is a CSV file.")
        pinned = Dialect(self.delimiter, self.quote, self.escape, self.header, self.skip)
        dialect = dialect_of(sample, pinned, wanted)
        first = _first(sample, dialect)
        refuse_broken_header(sample.text, dialect, first, wanted)
        named = dialect.header is not False
        names = (
            tuple(first)
            if named and wanted
            else names_of(first if named else (), _width(sample, dialect) or len(first))
        )
        uneven = named and len(names) != len(first)
        if uneven:
            dialect = replace(dialect, header=False, skip=(dialect.skip or 0) + 1)
        figures = pinned_figures(self.decimal, self.thousands)
        if not figures.pinned:
            figures = figures._replace(decimal=sign_of(sample, dialect, _numbers(names, wanted)))
        blocks = blocks_of(content, head)
        end = ends_of(as_utf8(blocks, encoding) if encoding.startswith(("utf-16", "utf-32")) else blocks)
        tidy = is_tidy(sample, encoding, dialect, end)
        reading = CsvReading(dialect, names, encoding, end, figures, tidy, uneven=uneven)
        return replace(reading, plain=len(names) > 1 and is_plain(sample, dialect, end))


def _numbers(names: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """The columns that hold numbers by their names."""
    numbers = {normal(name) for name in wanted.numbers} if isinstance(wanted, Wanted) else set()
    return tuple(n for n, name in enumerate(names) if normal(name) in numbers)


def _sample(content: Content, head: bytes, encoding: str) -> Sample:
    text = getincrementaldecoder(encoding)("replace").decode(head, len(head) < HEAD).removeprefix("\ufeff")
    if len(head) < HEAD:
        return Sample(text, True, lambda: StringIO(text, newline=""), lambda marks: any(mark in text for mark in marks))
    ended = max(text.rfind("\n"), text.rfind("\r")) + 1 or len(text)
    may_hold = partial(holds, lambda: blocks_of(content, head), encoding)
    return Sample(text[:ended], False, lambda: opened(content, encoding), may_hold)


def _first(sample: Sample, dialect: Dialect) -> list[str]:
    found = readable(dialect, StringIO(sample.text, newline=""))
    first = next(filter(None, islice(found, dialect.skip or 0, None)), None)
    if first is None:
        raise Refused("has no readable first line.", "Check its delimiter, quotes and skipped lines.")
    return first


def _width(sample: Sample, dialect: Dialect) -> int:
    """How many cells most records have."""
    rows = readable(dialect, StringIO(sample.text, newline=""))
    return usual_width(len(cells) for cells in islice(rows, (dialect.skip or 0) + (dialect.header is not False), None))


@dataclass(frozen=True)
class CsvReading:
    """Files of one dialect, encoding and line break with the same columns.

    In `tidy` ones no text ends with a blank but a space. Those that are `plain` are small, and each line of them is a
    record. The header of `uneven` ones has not a name for each column; it counts as skipped. With `care`, records that
    cannot be taken apart are taken out before DuckDB reads the others.
    """

    dialect: Dialect
    names: tuple[str, ...]
    encoding: str
    end: str
    figures: Figures
    tidy: bool = False
    plain: bool = False
    uneven: bool = False
    care: bool = False
    exact: bool = True

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One `read_csv` over all files; records without structure go to a table of rejects."""
        self._rejects.clear(connection)
        numbered = f"'{NUMBER}': 'UBIGINT', " if self.plain else ""
        columns = numbered + ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(self.names)))
        options: dict[str, str | int | bool] = {
            "delim": self.dialect.delimiter or ",",
            "quote": self.dialect.quote or "",
            "escape": self.dialect.escape or self.dialect.quote or "",
            "header": self.dialect.header is not False and not self.plain,
            "skip": self.dialect.skip or 0,
            "new_line": ENDS_SAID["\n" if self.care or self.end == MIXED else self.end],
        }
        dialect = ", ".join(f"{option} = {literal(value)}" for option, value in options.items())
        cells = f"* EXCLUDE ({NUMBER})" if self.plain else "*"
        uris = literals(self._uris(connection, contents, scratch))
        relation = (
            f"SELECT {f'{NUMBER} AS ' * self.plain}file_index, {cells} FROM read_csv({uris}, columns = {{{columns}}}, "
            f"auto_detect = false, {dialect}, store_rejects = true, rejects_table = '{REJECTS}', "
            f"rejects_scan = '{REJECTS}_scans', rejects_limit = 0)"
        )
        return Scan(relation, {}, tidy=self.tidy, figures=self.figures)

    def _uris(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> list[str]:
        """The files where they lie, or copies that DuckDB can read."""
        if self.plain:
            spliced = scratch / "spliced.csv"
            return [str(splice(connection, contents, self.encoding, self.dialect, self.end, spliced))]
        if self.care:
            copies = [scratch / f"{n}.csv" for n in range(len(contents))]
            return [
                str(careful_copy(e, self.encoding, self._shape, to)) for e, to in zip(contents, copies, strict=True)
            ]
        if self.encoding == "utf-8" and self.end != MIXED:
            return [content.uri for content in contents]
        again = self.quoting if self.end == MIXED else None
        return [str(copy(each, self.encoding, again, scratch / f"{n}.csv")) for n, each in enumerate(contents)]

    def raw(self) -> str:
        """The record under the file's own column names."""
        return json_object(self.names, range(len(self.names)))

    def extra_columns(self, known: Sequence[int]) -> str:
        """The columns the contract does not know."""
        return json_extra_columns(self.names, known)

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """Rejected records."""
        if self.plain:
            part(connection, REJECTS, self.dialect.header is not False)
        return self._rejects.broken(connection, contents)

    def unsure(self, connection: Connection, contents: Sequence[Content], read: Sequence[int]) -> set[int]:
        """Files whose records do not come out even, or with a fault behind which DuckDB may go on at a wrong place."""
        found = set() if self.care or self.plain else self._rejects.misread(connection)
        for n, content in enumerate(contents):
            if n not in found and not self.plain:
                even = holds_records(content, self.encoding, self._shape, self.end, read[n])
                found |= set() if even else {n}
        return found

    def careful(self) -> "CsvReading | None":
        """The reading with care; None where this is it."""
        return None if self.care else replace(self, care=True)

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """Lines and bytes."""
        return text_locations(content, self.encoding, self._shape, records)

    def text(self, content: Content, location: Location) -> str:
        """The bytes at a place as text."""
        return text_at(content, self.encoding, location)

    def spans(self, content: Content) -> Iterator[Span]:
        """Every byte of a file of this reading, in one span each."""
        return text_spans(content, self.encoding, self._shape)

    @property
    def _rejects(self) -> Rejects:
        return Rejects(REJECTS, self.encoding, self._shape, REASONS, "record:structure")

    @property
    def quoting(self) -> Quoting:
        """Where a line break is part of a value."""
        return Quoting(self.dialect.delimiter or ",", self.dialect.quote or "", self.dialect.escape or "")

    @property
    def _shape(self) -> Shape:
        """Where there is one column only, a blank line is a record."""
        blank = b"" if len(self.names) > 1 else None
        return Shape(self.quoting, blank, self.dialect.skip or 0, self.dialect.header is not False)

    def drafted(self, content: Content) -> Draft:
        """The names, and the options by which the same file is read alike."""
        return Draft({**asdict(self.dialect), "encoding": self.encoding}, self.names, False, self.described())

    def described(self) -> dict[str, str]:
        """What was pinned or found out."""
        dialect = self.dialect
        return {
            "encoding": self.encoding,
            "delimiter": {"\t": "tab"}.get(dialect.delimiter or ",", dialect.delimiter or ","),
            "quote": dialect.quote or "none",
            "escape": {"": "doubled quotes", "\\": "backslash"}.get(dialect.escape or "", str(dialect.escape)),
            "header": "uneven" if self.uneven else "no" if dialect.header is False else "yes",
            "lines skipped": str(dialect.skip or 0),
            "decimal": "comma" if self.figures.decimal == "," else "point",
            "line ends": ENDS_SAID.get(self.end, self.end),
        }
