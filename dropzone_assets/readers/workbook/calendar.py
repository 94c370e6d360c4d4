"""The calendar of a workbook: calamine takes it from the last element called `workbookPr`, whosever that is.

Excel 2013 and later write a second one, of another namespace, behind their own (`x15:workbookPr`), and so dates of the
1904 calendar would come four years early.
"""

import re

from dropzone_assets.errors import Refused

PART = "xl/workbook.xml"
"""Where calamine looks for the calendar."""

ROOT = re.compile(rb"<(?:([\w.-]+):)?workbook[\s>]")
PROPERTIES = re.compile(rb"<(?:([\w.-]+):)?workbookPr\b(?:[^>]*/>|.*?</(?:[\w.-]+:)?workbookPr\s*>)", re.DOTALL)
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
FLAG = re.compile(rb"""(?<=\s)date1904\s*=\s*(["'])\s*(.*?)\s*\1""")

FLAGS = {b"1": b"1", b"true": b"1", b"on": b"1", b"t": b"1", b"0": b"0", b"false": b"0", b"off": b"0", b"f": b"0"}
"""What writers say → what calamine understands."""


def with_own_calendar(text: bytes) -> bytes:
    """The list of sheets, with the workbook's own properties as the only ones called so.

    Raises:
        Refused: nobody can say which calendar is meant.
    """
    root = ROOT.search(text)
    bare = COMMENT.sub(b"", text) if b"workbookPr" in b"".join(COMMENT.findall(text)) else text
    own = next((m for m in PROPERTIES.finditer(bare) if root and m[1] == root[1]), None)
    return PROPERTIES.sub(lambda m: FLAG.sub(_plain, m[0]) if own and m.start() == own.start() else b"", bare)


def _plain(flag: re.Match[bytes]) -> bytes:
    if flag[2] not in FLAGS:
        said = flag[2].decode(errors="replace")
        raise Refused(f"says date1904={said!r}: its dates may be of either calendar.", "Open it in Excel and save it.")
    return b'date1904="' + FLAGS[flag[2]] + b'"'
