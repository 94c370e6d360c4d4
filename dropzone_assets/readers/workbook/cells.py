"""The cells of a workbook as Arrow columns: texts, errors among them, and numbers in full."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import fastexcel
import pyarrow as pa

from dropzone_assets.errors import Refused
from dropzone_assets.readers.workbook.limits import is_protected
from dropzone_assets.readers.workbook.marks import Cell, Marks
from dropzone_assets.readers.workbook.package import unpack

KINDS: tuple[fastexcel.DType, ...] = ("float", "boolean")
"""A cell as number, which a text may be too, and as truth, which a number can be and the text of one cannot."""

ERRORS = {
    "NULL": "#NULL!",
    "Div0": "#DIV/0!",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Num": "#NUM!",
    "NA": "#N/A",
    "GettingData": "#DATA!",
}
"""calamine's names of errors → what Excel shows; an error it does not name is `#ERROR!`."""


@dataclass(frozen=True)
class Sheet:
    """One sheet; rows and columns are counted from 0, at the sheet's first cell."""

    name: str
    visible: bool
    rows: int
    left: int
    strings: pa.RecordBatch
    floats: pa.RecordBatch
    flags: pa.RecordBatch
    unsaved: frozenset[Cell] = frozenset()

    @property
    def columns(self) -> range:
        """The columns that have something in them, or stand between such."""
        right = max((column + 1 for _, column in self.unsaved), default=0)
        return range(self.left, max(self.left + self.strings.num_columns, right))

    def row(self, number: int) -> dict[int, str]:
        """The texts of one row by their columns, without blank ones."""
        cells = {at: self.texts(at, number, 1)[0].as_py() for at in self.columns}
        return {at: text for at, text in cells.items() if text and text.strip()}

    def texts(self, at: int, start: int, length: int) -> pa.Array:
        """A piece of one column, as text."""
        return self._piece(self.strings, pa.string(), at, start, length)

    def numbers(self, at: int, start: int, length: int) -> pa.Array:
        """The same piece where it holds numbers; NULL elsewhere."""
        return self._piece(self.floats, pa.float64(), at, start, length)

    def typed(self, at: int, start: int, length: int) -> pa.Array:
        """The same piece, with something where a cell holds a number and no text, and NULL elsewhere."""
        return self._piece(self.flags, pa.bool_(), at, start, length)

    def _piece(self, batch: pa.RecordBatch, kind: pa.DataType, at: int, start: int, length: int) -> pa.Array:
        if not 0 <= at - self.left < batch.num_columns:
            return pa.nulls(length, kind)
        piece = batch.column(at - self.left).slice(start, length).cast(kind)
        return pa.concat_arrays([piece, pa.nulls(length - len(piece), kind)]) if len(piece) < length else piece


@dataclass(frozen=True)
class Workbook:
    """An open workbook."""

    reader: fastexcel.ExcelReader
    marks: Mapping[str, Marks]

    @cached_property
    def names(self) -> list[str]:
        """All its sheets, in order."""
        return list(self.reader.sheet_names)

    def sheet(self, name: str) -> Sheet:
        """The cells of one sheet."""
        if name not in self.names:
            raise Refused(f"has no sheet {name} any more.", "Ask the sender for the file again.")
        loaded = self._load(name, "string")
        strings, errors = loaded.to_arrow_with_errors()
        left = next((column.absolute_index for column in loaded.selected_columns), 0)
        marks = self.marks.get(name, Marks())
        said = {each.position: _shown(each.detail) for each in errors.errors} if errors else {}
        own = {(row, column - left): text for (row, column), text in marks.texts.items()}
        own = {cell: text for cell, text in own.items() if _is_other(strings, cell, text)}
        floats, flags = (self._load(name, kind).to_arrow() for kind in KINDS)
        floats, texts = _patched(floats, dict.fromkeys(own)), _patched(strings, {**said, **own})
        rows = max(strings.num_rows, max((row + 1 for row, _ in marks.unsaved), default=0))
        visible = loaded.visible == "visible"
        return Sheet(name, visible, rows, left, texts, floats, flags, marks.unsaved)

    def _load(self, name: str, kind: fastexcel.DType) -> fastexcel.ExcelSheet:
        try:
            return self.reader.load_sheet(name, header_row=None, skip_rows=0, dtypes=kind)
        except fastexcel.FastExcelError as error:
            what = str(error).splitlines()[0]
            raise Refused(f"has a sheet {name} that cannot be read: {what}", "Ask the sender again.") from error


def open_workbook(content: bytes, saved: bool = False) -> Workbook:
    """A workbook, whatever its file is called.

    Args:
        saved: whether what is saved with a formula counts, also where the workbook says that all are to be computed.

    Raises:
        Refused: it is none, or a password protects it, or it is larger than memory can be.
    """
    package = unpack(content, saved)
    try:
        return Workbook(fastexcel.read_excel(package.content), package.marks)
    except fastexcel.FastExcelError as error:
        if is_protected(content, str(error)):
            raise Refused("is protected by a password.", "Ask the sender for it without one.") from error
        kind = "is empty" if not content else "is no workbook (xlsx, xlsb, xls, ods), or was cut off"
        raise Refused(f"{kind}.", "Ask the sender for the file again.") from error


def _patched(batch: pa.RecordBatch, texts: Mapping[Cell, str | None]) -> pa.RecordBatch:
    """Cells that calamine gives no text for (errors, the times of an OpenDocument sheet), or another one."""
    if not texts:
        return batch
    columns = list(batch.columns)
    for n in {column for _, column in texts}:
        values = columns[n].to_pylist()
        for (row, column), text in texts.items():
            if column == n:
                values[row] = text
        columns[n] = pa.array(values, columns[n].type)
    return pa.RecordBatch.from_arrays(columns, [str(n) for n in range(len(columns))])


def _is_other(strings: pa.RecordBatch, cell: Cell, text: str) -> bool:
    """Whether a cell says something else than calamine says of it: an error, or a number, unless that is a date."""
    row, column = cell
    if not (0 <= column < strings.num_columns and row < strings.num_rows):
        return False
    said = strings.column(column)[row].as_py()
    return said is None or text.startswith("#") or re.fullmatch(r"[-+\d.eE]+", said) is not None


def _shown(detail: str) -> str:
    duration = re.search(r'DurationIso\("PT(\d+)H(\d+)M([\d.]+)S"\)', detail)
    if duration:
        return f"{int(duration[1]):02}:{int(duration[2]):02}:{duration[3].zfill(2)}"
    found = re.search(r"Error\((\w+)\)", detail)
    return ERRORS.get(found[1], "#ERROR!") if found else "#ERROR!"
