"""Names of files out of a list that somebody else wrote, a million of them without Python."""

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from dropzone_assets.arrow import column, constant
from dropzone_assets.errors import Permanent
from dropzone_assets.sources.listing import LISTING

BLOCK = 1 << 20
"""Bytes of the list that are looked at together; a list is lines, so one this long is none."""

LONGEST = 1024
"""Characters of a name; no object store has longer ones."""

PROBLEMS = {
    "leads out of the place, or is not one name": r"^/|//|(^|/)\.{1,2}(/|$)|^[A-Za-z][A-Za-z0-9+.-]*://",
    "has a control character in its name": r"[\x00-\x1f\x7f]",
    "has a name that is not UTF-8": r"\x{fffd}",
    "names a folder, not a file": r"/$",
}
"""What is wrong with a name → the names it is wrong with."""


def names_in(stream: BinaryIO, location: str) -> Iterator[pa.Array]:
    """The names in a list, block by block, each once a block, without blank lines, line ends and a leading `./`.

    Raises:
        Permanent: it is no list of names.
    """
    rest = b""
    first = True
    while block := stream.read(BLOCK):
        lines, end, rest = (rest + block).rpartition(b"\n")
        if len(rest) > BLOCK:
            raise Permanent(f"{location} has a line of more than {BLOCK:,} bytes.", "Write one name a line.")
        if end:
            yield _names(lines.removeprefix(b"\xef\xbb\xbf") if first else lines)
            first = False
    yield _names(rest.removeprefix(b"\xef\xbb\xbf") if first else rest)


def page_of(names: pa.Array, version: str) -> pa.RecordBatch:
    """A page of a listing in which only the names are known."""
    long = pc.greater_equal(pc.utf8_length(names), constant(LONGEST, pa.int32()))
    problem = pc.if_else(long, constant("has too long a name"), constant(""))
    for says, pattern in PROBLEMS.items():
        problem = pc.if_else(pc.match_substring_regex(names, pattern), constant(says), problem)
    values = constant(version), constant(-1, pa.int64()), constant(True, pa.bool_())
    constants = [pa.repeat(value, len(names)) for value in values]
    return pa.record_batch([names, *constants, problem], schema=LISTING)


def _names(lines: bytes) -> pa.Array:
    split = pc.split_pattern(column([lines.decode("utf-8", "replace")]), "\n")
    names = pc.replace_substring_regex(pc.utf8_rtrim(pc.list_flatten(split), "\r"), r"^(\./)+", "")
    filled = names.filter(pc.not_equal(pc.utf8_trim_whitespace(names), constant("")))
    return pc.utf8_slice_codeunits(filled, 0, LONGEST).unique()
