"""A copy of a file from which DuckDB loses nothing: records that it cannot take apart are marked beforehand."""

import re
from collections.abc import Iterator
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path

from dropzone_assets.formats.format import HEAD, Content
from dropzone_assets.formats.text.copies import as_utf8, blocks_of
from dropzone_assets.formats.text.shape import Quoting, Shape, inside

LONGEST = 2_000_000
"""Bytes a record may have, DuckDB's own measure; it says nothing of one that is sixteen times longer."""

MARK = b"\xff"
"""A record that was taken out: no UTF-8, so that it is refused, and its line counts."""


def careful_copy(content: Content, encoding: str, shape: Shape, to: Path) -> Path:
    """A copy in UTF-8 whose records end with a line feed, unit for unit, without those that are not `sound`."""
    plain = to.with_suffix(".utf8")
    with plain.open("wb") as whole:
        whole.writelines(as_utf8(blocks_of(content, content.head(HEAD)), encoding))
    with plain.open("rb") as file, to.open("wb") as target, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        target.writelines(_units(text, shape))
    plain.unlink()
    return to


def fault_of(held: bytes, quoting: Quoting) -> str:
    """Why what a unit holds is no record; empty where it is one."""
    if len(held) > LONGEST:
        return "record:length"
    quote = quoting.quote.encode()
    return "record:quote" if quote and quote in held and not sound(quoting).fullmatch(held) else ""


def _units(text: mmap, shape: Shape) -> Iterator[bytes]:
    above = shape.skip + shape.header
    for number, unit in enumerate(shape.unit(ended=True).finditer(text)):
        start, end = unit.span(1)
        short = end - start <= LONGEST
        fault = number >= above and (not short or fault_of(unit[1], shape.quoting))
        yield MARK if fault else unit[1]
        if unit.end() > end:
            yield b"\n"


@lru_cache(64)
def sound(quoting: Quoting) -> re.Pattern[bytes]:
    """A whole record, as DuckDB's strict reader accepts it: each cell is between quotes or begins with none."""
    quote, delimiter = (re.escape(each.encode()) for each in (quoting.quote, quoting.delimiter))
    closed = quote + inside(quoting) + quote
    again = rb"(?: ++" + closed + rb")*+" if quoting.escape in ("", quoting.quote) else b""
    plain = rb"(?! ?" + quote + rb")(?:(?!" + delimiter + rb")[^\r\n])*+"
    cell = rb"(?: ?" + closed + again + rb" *+|" + plain + rb")"
    return re.compile(cell + rb"(?:" + delimiter + cell + rb")*+")
