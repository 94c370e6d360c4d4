"""What is asked of a workbook before it is opened: that it is not protected, and not larger than memory can be.

calamine keeps every cell between the first and the last of a sheet, so a single cell far away costs gigabytes, and a
process that runs out of memory in it cannot be caught.
"""

import re
import zlib
from io import BytesIO
from typing import IO
from zipfile import BadZipFile, ZipFile

from dropzone_assets.errors import Refused

OLE = bytes.fromhex("d0cf11e0a1b11ae1")

UNPACKED, CELLS = 2 << 30, 40_000_000
"""Bytes a workbook may unpack to; cells a sheet may span, empty ones included (about 1.5 GB in memory)."""

CHUNK, OVERLAP = 1 << 20, 64

BROKEN = (BadZipFile, KeyError, NotImplementedError, RuntimeError, ValueError, OSError, EOFError, zlib.error)
"""What reading a damaged zip raises."""

SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
CELL = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,7})["']""")


def refuse_giants(content: bytes) -> None:
    """Refuse a zipped workbook that would not fit in memory; what is damaged is left to the reader.

    Raises:
        Refused: it unpacks to too much, or one of its sheets spans too many cells.
    """
    try:
        with ZipFile(BytesIO(content)) as parts:
            members = parts.infolist()
            if sum(member.file_size for member in members) > UNPACKED:
                raise Refused(f"unpacks to more than {UNPACKED >> 30} GB.", "Ask the sender for smaller files.")
            for member in members:
                if SHEET.fullmatch(member.filename):
                    with parts.open(member) as sheet:
                        _refuse_far_cells(sheet)
    except BROKEN:
        return


def is_protected(content: bytes, message: str) -> bool:
    """Whether a workbook that cannot be read (`message` says why) needs a password."""
    if content.startswith(OLE):
        return "EncryptedPackage".encode("utf-16-le") in content or "password" in message.casefold()
    try:
        with ZipFile(BytesIO(content)) as parts, parts.open("META-INF/manifest.xml") as manifest:
            return b"encryption-data" in manifest.read(CHUNK)
    except BROKEN:
        return False


def _refuse_far_cells(sheet: IO[bytes]) -> None:
    columns: set[bytes] = set()
    last, extra = 0, b""
    while piece := sheet.read(CHUNK):
        found = CELL.findall(extra + piece)
        extra = piece[-OVERLAP:]
        columns.update(column for column, _ in found)
        last = max(last, max((int(row) for _, row in found), default=0))
    if last and last * max(map(_number, columns)) > CELLS:
        far = max(columns, key=_number).decode()
        raise Refused(
            f"has a sheet that spans {last:,} rows to column {far}, too many cells to hold in memory.",
            "Delete the stray cells at its end (Ctrl+End shows them), or ask for CSV.",
        )


def _number(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number
