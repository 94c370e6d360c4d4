"""Whether a header ends where its line ends: a stray quote in it swallows the records below."""

import re
from collections.abc import Sequence

from dropzone_assets.errors import Refused
from dropzone_assets.formats.text.careful import sound
from dropzone_assets.formats.text.detect import normal
from dropzone_assets.formats.text.dialect import Dialect
from dropzone_assets.formats.text.shape import Quoting, Shape
from dropzone_assets.formats.text.unit_scan import UnitScan

SHOWN = 80
"""Characters of the header that are shown."""


def refuse_broken_header(text: str, dialect: Dialect, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse a header whose quotes do not come out even, or a name of which holds what looks like records.

    Args:
        text: the beginning of the file.
        names: what was read as its header.
        wanted: the names that the contract knows, one of which may well hold line breaks.

    Raises:
        Refused: with the line.
    """
    if dialect.header is False or not dialect.quote:
        return
    quoting = Quoting(dialect.delimiter or ",", dialect.quote, dialect.escape or "")
    scan = UnitScan(Shape(quoting, skip=dialect.skip or 0, header=True), [text.encode()])
    unit = next((unit for unit in scan.units() if unit.kind == "header"), None)
    if unit is None or quoting.quote.encode() not in unit.held:
        return
    known = {normal(name) for name in wanted}
    swallowed = any(_holds_records(name, quoting) for name in names if normal(name) not in known)
    if swallowed or not sound(quoting).fullmatch(unit.held):
        line = unit.held.decode().splitlines()[0][:SHOWN]
        raise Refused(
            f"has a quote in its header that swallows what stands below it: line {unit.line} is {line}",
            "Ask the sender for a header whose quotes come in pairs, or pin `format: {quote: ''}` if it has none.",
        )


def _holds_records(name: str, quoting: Quoting) -> bool:
    """Whether a line of a name, below its first, has cells."""
    return any(quoting.delimiter in line for line in re.split("[\r\n]+", name)[1:])
