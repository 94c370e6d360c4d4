"""The calendar of a workbook: calamine takes it from the last element called `workbookPr`, whosever that is.

Excel 2013 and later write a second one, of another namespace, behind their own (`x15:workbookPr`), and so dates of the
1904 calendar would come four years early.
"""

import re
from io import BytesIO
from zipfile import ZipFile

from dropzone_assets.formats.workbook.limits import BROKEN

PART, LARGEST = "xl/workbook.xml", 16 << 20
"""Where calamine looks for the calendar, and bytes above which nobody's list of sheets is."""

ROOT = re.compile(rb"<(?:([\w.-]+):)?workbook[\s>]")
PROPERTIES = re.compile(rb"<(?:([\w.-]+):)?workbookPr\b(?:[^>]*/>|.*?</(?:[\w.-]+:)?workbookPr\s*>)", re.DOTALL)


def with_one_calendar(content: bytes) -> bytes:
    """A workbook whose own properties are the only ones called so; what is damaged is left to the reader."""
    try:
        with ZipFile(BytesIO(content)) as parts:
            if parts.getinfo(PART).file_size > LARGEST:
                return content
            before = parts.read(PART)
            after = _without_rivals(before)
            return content if after == before else _repacked(parts, after)
    except BROKEN:
        return content


def _without_rivals(text: bytes) -> bytes:
    root = ROOT.search(text)
    own = next((m for m in PROPERTIES.finditer(text) if root and m[1] == root[1]), None)
    return PROPERTIES.sub(lambda m: m[0] if own and m.start() == own.start() else b"", text)


def _repacked(parts: ZipFile, workbook: bytes) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as out:
        for member in parts.infolist():
            out.writestr(member.filename, workbook if member.filename == PART else parts.read(member))
    return packed.getvalue()
