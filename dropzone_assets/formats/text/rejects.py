"""What DuckDB's rejects do not say: a record's number without the blank lines above it, and often its text or fault."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from dropzone_assets.engine import Connection, quote, rows
from dropzone_assets.formats.format import Content
from dropzone_assets.formats.text.careful import fault_of
from dropzone_assets.formats.text.kept import as_kept
from dropzone_assets.formats.text.shape import Shape
from dropzone_assets.formats.text.spans import byte_offsets_of, text_pieces, unit_scan
from dropzone_assets.formats.text.unit_scan import Unit

PAIRS = (b"\n\n", b"\r\r", b"\n\r")
"""Two line ends in a row."""

CUT = 9_900
"""Bytes of a text that DuckDB may have cut: it keeps 10,000."""

MISREAD = ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM", "INVALID STATE")
"""Faults behind which DuckDB may go on at a wrong place."""


class Again(NamedTuple):
    """A reject that was looked at again: DuckDB's line, the record's number, its one fault if known, as it is kept."""

    line: int
    record: int
    reason: str | None
    raw: str


@dataclass(frozen=True)
class Rejects:
    """The table of rejects of files that have one encoding and shape; `reasons` are DuckDB's words → ours."""

    table: str
    encoding: str
    shape: Shape
    reasons: Mapping[str, str]
    otherwise: str

    def clear(self, connection: Connection) -> None:
        """Forget those of the scan before."""
        for table in (self.table, f"{self.table}_scans"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")

    def misread(self, connection: Connection) -> set[int]:
        """The files that have a record behind which DuckDB may have gone on at a wrong place."""
        if not self._are_there(connection):
            return set()
        kinds = ", ".join(f"'{kind}'" for kind in MISREAD)
        query = f"SELECT DISTINCT file_id FROM {self.table} WHERE error_type::VARCHAR IN ({kinds})"
        return {file for (file,) in rows(connection, query)}

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """SQL: what a reading's `broken` gives. A record with several faults has several rejects."""
        if not self._are_there(connection):
            return ""
        self._look_again(connection, contents)
        above = self.shape.skip + self.shape.header
        cases = " ".join(f"WHEN '{theirs}' THEN '{ours}'" for theirs, ours in self.reasons.items())
        reason = f"CASE error_type::VARCHAR {cases} ELSE '{self.otherwise}' END"
        alone = "CASE WHEN any_value(reason) IS NOT NULL THEN [any_value(reason)] END"
        line = "to_json({'line': trim(any_value(csv_line), chr(10) || chr(13))})::VARCHAR"
        return (
            f"SELECT file_id AS file_index, coalesce(any_value(record), line - {above}) AS record, "
            f"coalesce({alone}, list_sort(list_distinct(list({reason})))) AS reasons, "
            f"coalesce(any_value(raw), {line}) AS raw "
            f"FROM {self.table} LEFT JOIN {self.table}_again USING (file_id, line) GROUP BY file_id, line"
        )

    def _are_there(self, connection: Connection) -> bool:
        return bool(rows(connection, f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{self.table}'"))

    def _look_again(self, connection: Connection, contents: Sequence[Content]) -> None:
        """The records of files in which DuckDB's answer may be wrong, as they are."""
        columns = {"line": "UBIGINT", "record": "BIGINT", "reason": "VARCHAR", "raw": "VARCHAR"}
        fields = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {self.table}_again (file_id UBIGINT, {fields})")
        for file, lines in self._unclear(connection, contents).items():
            again = list(self._records(contents[file], sorted(lines)))
            lists = [list(column) for column in zip(*again, strict=True)] or [[] for _ in columns]
            unnested = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(columns.values(), start=1))
            connection.execute(f"INSERT INTO {self.table}_again SELECT {file}, {unnested}", lists)

    def _unclear(self, connection: Connection, contents: Sequence[Content]) -> dict[int, set[int]]:
        """The files with blank lines, or with records whose text or end DuckDB does not say, and their lines."""
        kinds = ", ".join(f"'{kind}'" for kind in (*MISREAD, "INVALID ENCODING"))
        found = rows(
            connection,
            f"SELECT file_id, list(DISTINCT line), bool_or(error_type::VARCHAR IN ({kinds}) "
            f"OR strlen(csv_line) >= {CUT}) FROM {self.table} GROUP BY file_id",
        )
        return {file: set(lines) for file, lines, unclear in found if unclear or self._has_blanks(contents[file])}

    def _records(self, content: Content, lines: Sequence[int]) -> Iterator[Again]:
        """Of DuckDB's lines, which are units of ours, those that are records."""
        found = list(self._found(content, lines))
        edges = [edge for _, _, unit in found for edge in (unit.start, unit.end)]
        offsets = iter(list(byte_offsets_of(content, self.encoding, edges)))
        for (line, record, unit), start, end in zip(found, offsets, offsets, strict=True):
            reason = fault_of(unit.held, self.shape.quoting) or None
            yield Again(line, record, reason, as_kept(content, self.encoding, start, end))

    def _found(self, content: Content, lines: Sequence[int]) -> Iterator[tuple[int, int, Unit]]:
        """DuckDB's line, the record's number, the record; where no line is blank, most are passed in great steps."""
        above, record = self.shape.skip + self.shape.header, 0
        if not self._has_blanks(content):
            scan = unit_scan(content, self.encoding, replace(self.shape, blank=None))
            yield from ((n + above, n, unit) for n, unit in scan.records([line - above for line in lines]))
            return
        wanted = set(lines)
        for line, unit in enumerate(unit_scan(content, self.encoding, self.shape).units(), start=1):
            record += unit.kind == "record"
            if line in wanted and unit.kind == "record":
                yield line, record, unit
            if line == lines[-1]:
                return

    def _has_blanks(self, content: Content) -> bool:
        """Whether there may be a blank line; where a line of blanks is one, that is not asked."""
        if self.shape.blank is None:
            return False
        if self.shape.blank:
            return True
        before = b"\n"
        for block in text_pieces(content, self.encoding):
            if any(pair in before + block for pair in PAIRS):
                return True
            before = block[-1:] or before
        return False
