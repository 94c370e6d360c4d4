"""The zip of a workbook, opened once: whole, each part there once, its sheets looked through before they are read."""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from posixpath import normpath
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile, ZipFile

from dropzone_assets.errors import Refused
from dropzone_assets.readers.workbook.calendar import PART, with_own_calendar
from dropzone_assets.readers.workbook.limits import BROKEN, refuse_giants
from dropzone_assets.readers.workbook.marks import Marks
from dropzone_assets.readers.workbook.parsed import look_through

LARGEST = 16 << 20
"""Bytes above which nobody's list of sheets is."""

STRING = re.compile(rb"<(?:[\w.-]+:)?si[\s/>]")
ANEW = re.compile(rb"<(?:[\w.-]+:)?calcPr\b[^>]*\sfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")


class Package(NamedTuple):
    """What calamine is given, and what it does not tell of each sheet, by the sheet's name."""

    content: bytes
    marks: Mapping[str, Marks]


def unpack(content: bytes, saved: bool = False) -> Package:
    """A workbook made ready for calamine; what is no zip is left to it.

    Args:
        saved: whether what is saved with a formula counts in any case.

    Raises:
        Refused: a part is damaged or there twice, a sheet is too large or contradicts itself.
    """
    try:
        parts = ZipFile(BytesIO(content))
    except BROKEN:
        return Package(content, {})
    with parts:
        _refuse_twice(parts)
        refuse_giants(parts)
        if PART not in parts.namelist():
            return Package(content, {})
        try:
            return _looked_through(parts, content, saved)
        except BadZipFile as error:
            raise Refused(f"is damaged: {str(error).rstrip('.')}.", "Ask the sender for the file again.") from error
        except BROKEN:
            return Package(content, {})


def _looked_through(parts: ZipFile, content: bytes, saved: bool) -> Package:
    if parts.getinfo(PART).file_size > LARGEST:
        return Package(content, {})
    before = parts.read(PART)
    changed, marks = {PART: with_own_calendar(before)}, {}
    count, anew = _strings(parts), not saved and ANEW.search(before) is not None
    for name, part in _sheets(parts, before):
        marks[name] = look_through(parts, part, name, count, anew)
        if marks[name].splices:
            changed[part] = _spliced(parts.read(part), marks[name])
    if changed == {PART: before}:
        return Package(content, marks)
    return Package(_repacked(parts, changed), marks)


def _refuse_twice(parts: ZipFile) -> None:
    seen = set[str]()
    for member in parts.infolist():
        name = member.filename.replace("\\", "/").casefold()
        if name in seen:
            raise Refused(f"is damaged: its part {member.filename} is there twice.", "Ask the sender for it again.")
        seen.add(name)


def _strings(parts: ZipFile) -> int:
    """How many shared strings there are."""
    name = next((name for name in parts.namelist() if name.casefold() == "xl/sharedstrings.xml"), None)
    return len(STRING.findall(parts.read(name))) if name else 0


def _sheets(parts: ZipFile, workbook: bytes) -> Iterator[tuple[str, str]]:
    """The sheets with cells, by their names, and the parts they are in."""
    there = {name.casefold(): name for name in parts.namelist()}
    relations = "xl/_rels/workbook.xml.rels"
    if relations not in there:
        return
    targets = {
        each.get("Id", ""): each.get("Target", "")
        for each in _elements(parts.read(there[relations]), "Relationship")
        if each.get("Type", "").endswith("/worksheet")
    }
    for sheet in _elements(workbook, "sheet"):
        target = targets.get(next((text for key, text in sheet.items() if key.split(":")[-1] == "id"), ""), "")
        path = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
        if target and (part := there.get(normpath(path).casefold())):
            yield sheet.get("name", part), part


def _elements(content: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of the elements of this name, whatever their prefix."""
    found: list[dict[str, str]] = []
    parser = ParserCreate()
    parser.StartElementHandler = lambda tag, given: found.append(given) if tag.split(":")[-1] == name else None
    try:
        parser.Parse(content, True)
    except ExpatError:
        return []
    return found


def _spliced(content: bytes, marks: Marks) -> bytes:
    pieces, done = [], 0
    for start, end, text in marks.splices:
        pieces += [content[done:start], text]
        done = end
    return b"".join([*pieces, content[done:]])


def _repacked(parts: ZipFile, changed: Mapping[str, bytes]) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as out:
        for member in parts.infolist():
            name = member.filename
            out.writestr(name, changed[name] if name in changed else parts.read(member))
    return packed.getvalue()
