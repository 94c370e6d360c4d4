"""A sheet parsed for what calamine does not tell, cell by cell; only for sheets in which something is odd."""

from collections.abc import Iterator
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import ZipFile

from dropzone_assets.errors import Refused
from dropzone_assets.readers.workbook.limits import column_number, refuse_cells
from dropzone_assets.readers.workbook.marks import CHUNK, Cell, Marks, exact, is_odd

NAMED = frozenset(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"))
"""Errors that calamine knows; any other word stops it."""

CURE = "Ask the sender for the file again, or open it in Excel and save it."


def look_through(parts: ZipFile, part: str, sheet: str, strings: int, anew: bool) -> Marks:
    """The marks of one sheet.

    Args:
        strings: how many shared strings there are.
        anew: whether the workbook says that its formulas have to be computed anew, so that a saved 0 is no value.

    Raises:
        Refused: two cells or rows are at one place, or a cell says what cannot be.
        BadZipFile: the part is damaged.
    """
    try:
        with parts.open(part) as file:
            if not is_odd(_well_formed(file), strings, anew):
                return Marks()
        with parts.open(part) as file:
            return _parse(file, sheet, strings, anew)
    except ExpatError as error:
        raise Refused(f"is damaged: sheet {sheet} is no XML, {error}.", CURE) from error


def _well_formed(file: IO[bytes]) -> Iterator[bytes]:
    """The chunks of a part, which is XML: where it is none, calamine would leave out cells without a word.

    Raises:
        ExpatError: it is no XML.
    """
    parser = ParserCreate()
    while chunk := file.read(CHUNK):
        parser.Parse(chunk, False)
        yield chunk
    parser.Parse(b"", True)


def _parse(file: IO[bytes], sheet: str, strings: int, anew: bool) -> Marks:
    """The marks of a sheet.

    Raises:
        Refused: two cells or rows are at one place, or a cell says what cannot be.
    """
    cells = _Cells(sheet, strings, anew)
    while chunk := file.read(CHUNK):
        cells.parser.Parse(chunk, False)
    refuse_cells(cells.rows, cells.columns)
    return Marks(frozenset(cells.unsaved), cells.texts, tuple(cells.splices))


class _Cells:
    """The state of a parse: where it is, and what was found."""

    def __init__(self, sheet: str, strings: int, anew: bool) -> None:
        self.sheet, self.strings, self.anew = sheet, strings, anew
        self.parser = ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.row, self.column, self.rows, self.columns = -1, -1, 0, 0
        self.seen_rows, self.seen = set[int](), set[int]()
        self.kind, self.formula, self.value, self.name = "", False, "", ""
        self.values, self.inside, self.begin = 0, False, 0
        self.unsaved, self.texts = set[Cell](), dict[Cell, str]()
        self.splices: list[tuple[int, int, bytes]] = []

    def _refuse(self, found: str) -> None:
        raise Refused(f"is damaged: sheet {self.sheet} has {found}.", CURE)

    def _start(self, tag: str, given: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "row":
                self._begin_row(given.get("r"))
            case "c":
                self._begin_cell(given)
            case "f":
                self.formula = True
            case "v":
                self.values += 1
                self.inside, self.value, self.begin = True, "", -1

    def _characters(self, text: str) -> None:
        if self.inside:
            self.begin = self.parser.CurrentByteIndex if not self.value else self.begin
            self.value += text

    def _end(self, tag: str) -> None:
        match tag.rpartition(":")[2]:
            case "v":
                self.inside = False
                self._value(self.parser.CurrentByteIndex)
            case "c":
                self._finish()

    def _begin_row(self, number: str | None) -> None:
        self.row = int(number) - 1 if number and number.strip().isdecimal() else self.row + 1
        if self.row in self.seen_rows:
            self._refuse(f"two rows {self.row + 1}")
        self.seen_rows.add(self.row)
        self.column, self.seen = -1, set()

    def _begin_cell(self, given: dict[str, str]) -> None:
        reference = given.get("r", "").strip().upper()
        letters = reference.rstrip("0123456789")
        self.column = column_number(letters) if letters.isalpha() and letters.isascii() else self.column + 1
        self.name = reference or f"{self.column + 1} of row {self.row + 1}"
        if reference and reference != f"{letters}{self.row + 1}":
            self._refuse(f"a cell {reference} in row {self.row + 1}")
        if self.column in self.seen:
            self._refuse(f"two cells {self.name}")
        self.seen.add(self.column)
        self.rows, self.columns = max(self.rows, self.row + 1), max(self.columns, self.column + 1)
        self.kind, self.formula, self.values, self.value = given.get("t", "n"), False, 0, ""

    def _value(self, end: int) -> None:
        """What stands in a cell; `end` is the byte behind it."""
        text = self.value.strip()
        if self.kind == "s" and not (text.isascii() and text.isdecimal() and int(text) < self.strings):
            self._refuse(f"a cell {self.name} with text {text or 'without a number'} of {self.strings} shared ones")
        if self.kind == "s" and text != self.value:
            self._splice(end, text)
        if self.kind == "b" and text not in ("0", "1", "true", "false", ""):
            self._refuse(f"a cell {self.name} with a boolean {text}")
        if self.kind == "e" and text not in NAMED:
            self.texts[self.row, self.column] = text or "#ERROR!"
            self._splice(end, "#N/A")
        if self.kind == "n" and (whole := exact(text)):
            self.texts[self.row, self.column] = whole

    def _splice(self, end: int, text: str) -> None:
        if self.value:
            self.splices.append((self.begin, end, text.encode()))

    def _finish(self) -> None:
        if self.values > 1:
            self._refuse(f"a cell {self.name} with two values")
        text = self.value.strip()
        without = self.values == 0 if self.kind == "str" else text == "" or (self.anew and text == "0")
        if self.formula and without:
            self.unsaved.add((self.row, self.column))
