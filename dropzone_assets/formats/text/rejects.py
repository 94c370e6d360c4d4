"""What DuckDB's rejects do not say: a record's number without the blank lines above it, and sometimes its text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dropzone_assets.engine import Connection, quote, rows
from dropzone_assets.formats.format import Content
from dropzone_assets.formats.text.shape import Shape
from dropzone_assets.formats.text.spans import text_pieces, unit_scan
from dropzone_assets.formats.text.unit_scan import Unit

PAIRS = (b"\n\n", b"\r\r", b"\n\r")
"""Two line ends in a row."""


@dataclass(frozen=True)
class Rejects:
    """The table of rejects of files that have one encoding and shape; `reasons` are DuckDB's words → ours.

    `unclosed` files end inside of quotes, and what these swallow is not always among the rejects.
    """

    table: str
    encoding: str
    shape: Shape
    reasons: Mapping[str, str]
    otherwise: str
    unclosed: bool = False

    def clear(self, connection: Connection) -> None:
        """Forget those of the scan before."""
        for table in (self.table, f"{self.table}_scans"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """SQL: what a reading's `broken` gives. A record with several faults has several rejects."""
        if not rows(connection, f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{self.table}'"):
            if not self.unclosed:
                return ""
            fields = "file_id UBIGINT, line UBIGINT, error_type VARCHAR, csv_line VARCHAR"
            connection.execute(f"CREATE TEMP TABLE {self.table} ({fields})")
        self._look_again(connection, contents)
        above = self.shape.skip + self.shape.header
        cases = " ".join(f"WHEN '{theirs}' THEN '{ours}'" for theirs, ours in self.reasons.items())
        reason = f"CASE coalesce(error_type::VARCHAR, 'UNQUOTED VALUE') {cases} ELSE '{self.otherwise}' END"
        text = "coalesce(any_value(text), trim(any_value(csv_line), chr(10) || chr(13)))"
        return (
            f"SELECT file_id AS file_index, coalesce(any_value(record), line - {above}) AS record, "
            f"list_sort(list_distinct(list({reason}))) AS reasons, to_json({{'line': {text}}})::VARCHAR AS raw "
            f"FROM {self.table} FULL JOIN {self.table}_again USING (file_id, line) GROUP BY file_id, line"
        )

    def _look_again(self, connection: Connection, contents: Sequence[Content]) -> None:
        """The records of files in which DuckDB's answer may be wrong, as they are."""
        columns = {"file_id": "UBIGINT", "line": "UBIGINT", "record": "BIGINT", "text": "VARCHAR"}
        fields = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {self.table}_again ({fields})")
        for file, lines in self._unclear(connection, contents).items():
            again = list(self._records(contents[file], lines))
            lists = [[file] * len(again), *map(list, zip(*again, strict=True))]
            insert = f"INSERT INTO {self.table}_again SELECT unnest($1), unnest($2), unnest($3), unnest($4)"
            connection.execute(insert, lists if again else [[], [], [], []])

    def _unclear(self, connection: Connection, contents: Sequence[Content]) -> dict[int, set[int]]:
        """The files with blank lines, or with records whose text or end DuckDB does not say, and their lines."""
        quotes = "error_type::VARCHAR = 'UNQUOTED VALUE'"
        found = rows(
            connection,
            f"SELECT file_id, list(DISTINCT line), bool_or(error_type::VARCHAR = 'INVALID ENCODING') OR "
            f"count(*) FILTER ({quotes}) > count(DISTINCT line) FILTER ({quotes}) FROM {self.table} GROUP BY file_id",
        )
        if self.unclosed:
            return {n: set() for n in range(len(contents))} | {file: set(lines) for file, lines, _ in found}
        return {file: set(lines) for file, lines, unclear in found if unclear or self._has_blanks(contents[file])}

    def _records(self, content: Content, lines: set[int]) -> Iterator[tuple[int, int, str]]:
        """Of DuckDB's lines, which are units of ours: the line, the record's number, its text."""
        record, last = 0, max(lines, default=0)
        unit, line = None, 0
        for line, unit in enumerate(unit_scan(content, self.encoding, self.shape).units(), start=1):
            record += unit.kind == "record"
            if line in lines and unit.kind == "record":
                yield line, record, _text(unit)
            if line == last and not self.unclosed:
                return
        if unit and self.unclosed and line not in lines and unit.kind == "record":
            yield line, record, _text(unit)

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


def _text(unit: Unit) -> str:
    return unit.held.decode("utf-8", "replace").strip("\r\n")
