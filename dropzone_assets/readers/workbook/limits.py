"""What is asked of a workbook before it is opened: that it is not protected, and not larger than memory can be.

calamine keeps every cell between the first and the last of a sheet, so a single cell far away costs gigabytes, and a
process that runs out of memory in it cannot be caught.
"""

import re
import zlib
from contextlib import suppress
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
CELL = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,3})(\d{1,7})\s*["']""")


def refuse_giants(parts: ZipFile) -> None:
    """Refuse a zipped workbook that would not fit in memory; what is damaged is left to the reader.

    Raises:
        Refused: it unpacks to too much, or one of its sheets spans too many cells.
    """
    members = parts.infolist()
    if sum(member.file_size for member in members) > UNPACKED:
        raise Refused(f"unpacks to more than {UNPACKED >> 30} GB.", "Ask the sender for smaller files.")
    for member in members:
        if SHEET.fullmatch(member.filename):
            with suppress(*BROKEN), parts.open(member) as sheet:
                _refuse_far_cells(sheet)


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
    refuse_cells(last, max(map(column_number, {column.decode().upper() for column in columns}), default=-1) + 1)


def refuse_cells(rows: int, columns: int) -> None:
    """Refuse a sheet that spans more cells than memory can hold."""
    if rows * columns > CELLS:
        raise Refused(
            f"has a sheet that spans {rows:,} rows to column {letters(columns - 1)}, too many cells to hold in memory.",
            "Delete the stray cells at its end (Ctrl+End shows them), or ask for CSV.",
        )


def letters(column: int) -> str:
    """A column, counted from 0, as Excel names it."""
    head, last = divmod(column, 26)
    return (letters(head - 1) if head else "") + chr(ord("A") + last)


def column_number(name: str) -> int:
    """A column as Excel names it, counted from 0."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
