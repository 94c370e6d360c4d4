"""One JSON record a line (NDJSON): lines stream through, and a broken one costs itself only."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropzone_assets.engine import Connection, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.draft import Draft
from dropzone_assets.formats.format import HEAD, Content, Location, Scan, Span
from dropzone_assets.formats.records import exact, repeats
from dropzone_assets.formats.records.outline import drafted_lines
from dropzone_assets.formats.records.records import Records, rewritten
from dropzone_assets.formats.text.rejects import Rejects
from dropzone_assets.formats.text.shape import Shape
from dropzone_assets.formats.text.spans import text_locations, text_spans
from dropzone_assets.formats.typed import TYPED

REJECTS = "json_rejects"

REASONS = {"INVALID ENCODING": "record:encoding", "LINE SIZE OVER MAXIMUM": "record:length"}
"""DuckDB's reject reasons → ours; others are characters that JSON forbids."""

SHAPE = Shape(blank=rb"[ \t\r]*+\x01*+")
"""A line of blanks only is no record; nor is one of delimiters, which mean nothing at the end of a line."""

LINE = 1 << 24
"""Bytes a line may have; DuckDB keeps a few buffers of this size."""

SAMPLED = 3
"""Files whose first lines are looked at."""


@dataclass(frozen=True)
class Lines(Records):
    """Files with one record a line; `mixed` ones have line ends of several kinds."""

    mixed: bool = False

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """Lines are the cells of a CSV whose delimiter is a character that no JSON may hold."""
        self._rejects.clear(connection)
        unreadable: dict[int, str] = {}
        uris = [self._uri(n, content, scratch, unreadable) for n, content in enumerate(contents)]
        lines = (
            f"SELECT file_index, line FROM read_csv({literals(uris)}, columns = {{'line': 'VARCHAR'}}, "
            f"auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', max_line_size = {LINE}, "
            f"store_rejects = true, rejects_table = '{REJECTS}', rejects_scan = '{REJECTS}_scans', rejects_limit = 0)"
        )
        exact.know(connection)
        repeats.know(connection)
        records = (
            f"SELECT file_index, line, odd, CASE WHEN odd THEN {exact.exact('line', self.lenient)}::JSON "
            f"ELSE try_cast(line AS JSON) END AS record FROM (SELECT *, {exact.odd('line')} AS odd FROM ({lines}) "
            "WHERE trim(line, ' ' || chr(9) || chr(13)) <> '')"
        )
        samples = (line for content in contents[:SAMPLED] for line in self._first_lines(content))
        return Scan(self.relation(records, samples), unreadable, self.fault(), self.ignored(), typed=TYPED)

    def raw(self) -> str:
        """The line: the record itself, or text where it is no record."""
        broken = f"record IS NULL OR {exact.has_no_number('record')}"
        own = f"CASE WHEN odd THEN {exact.plain('record::VARCHAR')} ELSE line END" if self.lenient else "line"
        return f"CASE WHEN {broken} THEN to_json({{'line': line}})::VARCHAR ELSE {own} END"

    def _first_lines(self, content: Content) -> list[str]:
        """Some whole lines."""
        return re.split("[\r\n]+", content.head(HEAD).decode(self.encoding, "replace").lstrip("\ufeff"))[:-1]

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """Lines that are no text, or too long, or hold a character that JSON forbids."""
        return self._rejects.broken(connection, contents)

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """Lines and bytes."""
        return text_locations(content, self.encoding, SHAPE, records)

    def spans(self, content: Content) -> Iterator[Span]:
        """Every byte of a file of this reading, in one span each."""
        return text_spans(content, self.encoding, SHAPE)

    def drafted(self, content: Content) -> Draft:
        """The fields there are."""
        draft = drafted_lines(content, self.encoding)
        return draft._replace(how={**self.described(), **draft.how})

    def described(self) -> dict[str, str]:
        """One record a line."""
        return {"records": "one a line", **super().described()}

    @property
    def _rejects(self) -> Rejects:
        return Rejects(REJECTS, self.encoding, SHAPE, REASONS, "record:json")

    def _uri(self, number: int, content: Content, scratch: Path, unreadable: dict[int, str]) -> str:
        """The file itself where DuckDB can read it, else a copy."""
        if self.encoding == "utf-8" and not self.mixed:
            return content.uri
        copy = scratch / str(number)
        try:
            return str(rewritten(content, self.encoding, copy))
        except Refused as refusal:
            unreadable[number] = refusal.found
            copy.write_bytes(b"")
            return str(copy)
