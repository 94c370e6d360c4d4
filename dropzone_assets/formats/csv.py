"""Comma-separated values (RFC 4180), read by DuckDB as text."""

import csv
from codecs import lookup
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain, count
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dropzone_assets.engine import Connection, literal, literals, quote, rows
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import HEAD, Content, Scan

ENCODINGS = {"utf-8": "utf-8", "utf-16": "utf-16", "iso8859-1": "latin-1"}
"""Python's name of an encoding → DuckDB's, for those DuckDB reads without an extension."""

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


class Csv(BaseModel):
    """CSV with the dialect the contract pins. Without `escape` a quote is doubled; without `quote` there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1)
    escape: str = Field(default="", max_length=1)
    encoding: str = "utf-8"
    header: bool = True

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return ENCODINGS[lookup(value).name]
        except (LookupError, KeyError) as error:
            raise ValueError(f"encoding {value!r} is not one of {', '.join(ENCODINGS)}") from error

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.delimiter in (self.quote, self.escape) or {self.delimiter, self.quote, self.escape} & {"\n", "\r", " "}:
            raise ValueError("the delimiter must differ from quote and escape, and none is a space or a line break")
        if self.escape and not self.quote:
            raise ValueError("an escape needs a quote")
        return self

    def reading(self, content: Content, wanted: Sequence[str]) -> "CsvReading":
        """The header's names, or `column1` … where the contract says there is no header."""
        head = content.head(HEAD)
        text = head.decode(self.encoding, "replace").removeprefix("\ufeff")
        if not text.strip():
            raise Refused("is empty: there is not even a header.", "Ask the sender for the file again.")
        if len(head) == HEAD and not {"\n", "\r"} & set(text):
            raise Refused(f"has no line break in its first {HEAD:,} bytes.", "Check that it is a CSV file.")
        try:
            first = next(self._reader(text))
        except csv.Error as error:
            raise Refused(f"has no readable first line: {error}", "Check its delimiter and quotes.") from error
        return CsvReading(self, tuple(first) if self.header else tuple(f"column{n}" for n in range(1, len(first) + 1)))

    def _reader(self, text: str) -> Iterator[list[str]]:
        lines, doubled = StringIO(text, newline=""), self.escape in ("", self.quote)
        if not self.quote:
            return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)
        escape = None if doubled else self.escape
        return csv.reader(lines, delimiter=self.delimiter, quotechar=self.quote, doublequote=doubled, escapechar=escape)


@dataclass(frozen=True)
class CsvReading:
    """Files of one dialect with the same columns."""

    dialect: Csv
    names: tuple[str, ...]
    exact: bool = True

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One `read_csv` over all files; records without structure go to a table of rejects."""
        for table in (REJECTS, f"{REJECTS}_scans"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(self.names)))
        options: dict[str, str | bool] = {
            "delim": self.dialect.delimiter,
            "quote": self.dialect.quote,
            "escape": self.dialect.escape or self.dialect.quote,
            "encoding": self.dialect.encoding,
            "header": self.dialect.header,
        }
        dialect = ", ".join(f"{option} = {literal(value)}" for option, value in options.items())
        uris = literals([content.uri for content in contents])
        relation = (
            f"SELECT file_index, * FROM read_csv({uris}, columns = {{{columns}}}, auto_detect = false, "
            f"{dialect}, store_rejects = true, rejects_table = '{REJECTS}', rejects_scan = '{REJECTS}_scans', "
            "rejects_limit = 0)"
        )
        return Scan(relation, {})

    def raw(self) -> str:
        """The record under the file's own column names."""
        return _object(self.names, range(len(self.names)))

    def rest(self, known: Sequence[int]) -> str:
        """The columns the contract does not know."""
        others = [n for n in range(len(self.names)) if n not in known]
        return _object(self.names, others) if others else "NULL::VARCHAR"

    def broken(self, connection: Connection) -> str:
        """Rejected lines. DuckDB counts a header as a line; a record with several faults has several entries."""
        if not rows(connection, f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{REJECTS}'"):
            return ""
        cases = " ".join(f"WHEN '{theirs}' THEN '{ours}'" for theirs, ours in REASONS.items())
        return (
            f"SELECT file_id AS file_index, line - {int(self.dialect.header)} AS record, "
            f"list_sort(list_distinct(list(CASE error_type::VARCHAR {cases} ELSE 'record:structure' END))) AS reasons, "
            f"to_json({{'line': trim(any_value(csv_line), chr(10) || chr(13))}})::VARCHAR AS raw "
            f"FROM {REJECTS} GROUP BY ALL"
        )

    def described(self) -> dict[str, str]:
        """The dialect."""
        return {name: str(value) for name, value in self.dialect.model_dump().items()}


def _object(names: Sequence[str], chosen: Sequence[int]) -> str:
    """SQL: a JSON object of the chosen columns; a name that comes twice gets a number."""
    fields, seen = [], set[str]()
    for n in chosen:
        name = names[n] or f"column{n + 1}"
        spellings = chain([name], (f"{name} ({times})" for times in count(2)))
        free = next(spelling for spelling in spellings if spelling.casefold() not in seen)
        seen.add(free.casefold())
        fields.append(f"{quote(free)} := c{n}")
    return f"to_json(struct_pack({', '.join(fields)}))::VARCHAR"
