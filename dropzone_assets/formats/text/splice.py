"""Many small files as one, each record behind the number of its file: to open a file costs more than to read it."""

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from dropzone_assets.engine import Connection, rows
from dropzone_assets.formats.format import HEAD, Content
from dropzone_assets.formats.text.byte_offsets import mark_length
from dropzone_assets.formats.text.copies import as_utf8
from dropzone_assets.formats.text.dialect import Dialect, Sample

NUMBER = "file_number"
"""The column in front of all others: which file a record is of."""

STARTS = "splice_starts"
"""Of each file with records, how many lines stand above them."""


def is_plain(sample: Sample, dialect: Dialect, end: str) -> bool:
    """Whether each line of a file is a record and nothing else, so that it can be told from its line breaks alone.

    The file is small, nothing in it is quoted, no line is blank or skipped, and all of it is text.
    """
    if not sample.whole or dialect.skip or len(end) > len("\r\n"):
        return False
    marks = (dialect.quote, dialect.escape, end + end, "\0", "\ufffd")
    return not sample.text.startswith(end) and not any(mark in sample.text for mark in marks if mark)


def splice(
    connection: Connection, contents: Sequence[Content], encoding: str, dialect: Dialect, end: str, to: Path
) -> Path:
    """One file in UTF-8 with the records of plain files, in their order; `STARTS` says where those of each begin."""
    found = [_records(content, encoding, dialect, end) for content in contents]
    ended, separator = end.encode(), (dialect.delimiter or ",").encode()
    counts = [(text.count(ended) + 1) * bool(text) for text in found]
    with to.open("wb") as file:
        for number, text in enumerate(found):
            if text:
                prefix = b"%d" % number + separator
                file.write(prefix + text.replace(ended, ended + prefix) + ended)
    starts = [(n, above) for n, above in enumerate(accumulate(counts[:-1], initial=0)) if counts[n]]
    lists = [list(column) for column in zip(*starts, strict=True)] or [[], []]
    fields = "unnest($1::UBIGINT[]) AS file_index, unnest($2::UBIGINT[]) AS above"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {STARTS} AS SELECT {fields}", lists)
    return to


def part(connection: Connection, rejects: str, header: bool) -> None:
    """Make the rejects of a spliced file those of the files in it, with their own lines and texts."""
    if not rows(connection, f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{rejects}'"):
        return
    own = "substr(ltrim(r.csv_line, chr(10) || chr(13)), 2 + length(s.file_index::VARCHAR)) AS csv_line"
    line = f"r.line - s.above + {int(header)} AS line"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {rejects} AS SELECT s.file_index AS file_id, {line}, r.error_type, {own} "
        f"FROM {rejects} r ASOF JOIN {STARTS} s ON s.above < r.line"
    )


def _records(content: Content, encoding: str, dialect: Dialect, end: str) -> bytes:
    """The lines of a file behind its header, the last one without its line break."""
    head = content.head(HEAD)
    text = head[mark_length(head, encoding) :] if encoding == "utf-8" else b"".join(as_utf8([head], encoding))
    if dialect.header is not False:
        text = text.partition(end.encode())[2]
    return text.removesuffix(end.encode())
