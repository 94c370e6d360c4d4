"""Records of fixed width, one a line: each column stands at its place, counted in characters."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dropzone_assets.engine import Connection, literal, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import HEAD, Content, Figures, Location, Scan, Span
from dropzone_assets.formats.named import json_extra_columns, json_object
from dropzone_assets.formats.text.copies import blocks_of, opened
from dropzone_assets.formats.text.decimals import pinned_figures
from dropzone_assets.formats.text.encoding import canonical, encoding_of
from dropzone_assets.formats.text.shape import Shape
from dropzone_assets.formats.text.spans import text_at, text_locations, text_spans

LINES = "fixed_width_lines"

NO_DELIMITER = "\x1f\x1e\x1d"
"""What no line holds, so that DuckDB takes each for one cell."""

BAD = "chr(65533)"
"""What a byte that is no character becomes."""


class Cells(BaseModel):
    """A column: `start` counts from 1; without it the column follows the one before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    width: int = Field(ge=1)
    start: int | None = Field(default=None, ge=1)


class FixedWidth(BaseModel):
    """Lines of one length; `skip` lines and, with `header`, one more come before the first record.

    `trimmed` accepts lines that lack blanks at their end. `decimal` and `thousands` are the signs of numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[Cells, ...] = Field(min_length=1)
    encoding: str | None = None
    skip: int = Field(default=0, ge=0)
    header: bool = False
    trimmed: bool = False
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'"] | None = None

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        return value and canonical(value)

    @model_validator(mode="after")
    def _named_apart(self) -> Self:
        if len({column.name for column in self.columns}) < len(self.columns):
            raise ValueError("two columns have one name")
        pinned_figures(self.decimal, self.thousands)
        return self

    def reading(self, content: Content, wanted: Sequence[str]) -> "FixedWidthReading":
        """The columns of the contract; only the encoding is found out."""
        head = content.head(HEAD)
        encoding = self.encoding or encoding_of(head, blocks_of(content, head))
        if not head.decode(encoding, "replace").strip("\ufeff \t\r\n"):
            raise Refused("is empty.", "Ask the sender for the file again.")
        figures = pinned_figures(self.decimal, self.thousands)
        return FixedWidthReading(tuple(self._cells()), encoding, self.skip, self.header, self.trimmed, figures)

    def _cells(self) -> Iterator[tuple[str, int, int]]:
        following = 1
        for column in self.columns:
            start = column.start or following
            following = start + column.width
            yield column.name, start, column.width


@dataclass(frozen=True)
class FixedWidthReading:
    """Files of one encoding; `cells` are name, start and width."""

    cells: tuple[tuple[str, int, int], ...]
    encoding: str
    skip: int
    header: bool
    trimmed: bool
    figures: Figures
    exact: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order of the contract."""
        return tuple(name for name, _, _ in self.cells)

    @property
    def _length(self) -> int:
        return max(start + width - 1 for _, start, width in self.cells)

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """All lines in a table, in their order; those of another length are left to `broken`."""
        uris = [str(self._copy(content, scratch / f"{n}.txt")) for n, content in enumerate(contents)]
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {LINES} AS SELECT file_index, line FROM read_csv({literals(uris)}, "
            f"columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, quote = '', escape = '', "
            f"delim = {literal(NO_DELIMITER)}, new_line = '\\n') WHERE line IS NOT NULL"
        )
        cells = ", ".join(
            f"nullif(substr(line, {start}, {width}), '') AS c{n}" for n, (_, start, width) in enumerate(self.cells)
        )
        relation = f"SELECT file_index, {cells} FROM {LINES} WHERE NOT ({self._wrong})"
        return Scan(relation, {}, figures=self.figures)

    @property
    def _wrong(self) -> str:
        short = "" if self.trimmed else f"length(line) < {self._length} OR "
        return f"{short}length(line) > {self._length} OR contains(line, {BAD})"

    def _copy(self, content: Content, to: Path) -> Path:
        """In UTF-8, with one kind of line break, without the lines above."""
        with opened(content, self.encoding, newline=None) as file, to.open("w", encoding="utf-8", newline="\n") as copy:
            for _ in range(self.skip + self.header):
                file.readline()
            copyfileobj(file, copy)
        return to

    def raw(self) -> str:
        """The record, column by column."""
        return json_object(self.names, range(len(self.names)))

    def extra_columns(self, known: Sequence[int]) -> str:
        """The columns the contract does not know."""
        return json_extra_columns(self.names, known)

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """Lines of another length, or with bytes that are no characters."""
        return (
            f"SELECT l.file_index, l.rowid - first + 1 AS record, "
            f"[CASE WHEN contains(line, {BAD}) THEN 'record:encoding' ELSE 'record:length' END] AS reasons, "
            f"to_json({{'line': line}})::VARCHAR AS raw FROM {LINES} l JOIN "
            f"(SELECT file_index, min(rowid) AS first FROM {LINES} GROUP BY ALL) USING (file_index) WHERE {self._wrong}"
        )

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
    def _shape(self) -> Shape:
        return Shape(skip=self.skip, header=self.header)

    def described(self) -> dict[str, str]:
        """The encoding and the length of a record."""
        above = str(self.skip + self.header)
        return {"encoding": self.encoding, "record": f"{self._length} characters", "lines skipped": above}
