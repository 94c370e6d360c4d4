"""The cells of a workbook as Arrow columns: texts, errors among them, and numbers in full."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import fastexcel
import pyarrow as pa

from dropzone_assets.errors import Refused
from dropzone_assets.formats.workbook.calendar import with_one_calendar
from dropzone_assets.formats.workbook.limits import is_protected, refuse_giants

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

    @property
    def columns(self) -> range:
        """The columns that have something in them, or stand between such."""
        return range(self.left, self.left + self.strings.num_columns)

    def row(self, number: int) -> dict[int, str]:
        """The texts of one row by their columns, without blank ones."""
        cells = {at: self.strings.column(at - self.left)[number].as_py() for at in self.columns}
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
        found = at in self.columns
        return batch.column(at - self.left).slice(start, length).cast(kind) if found else pa.nulls(length, kind)


@dataclass(frozen=True)
class Workbook:
    """An open workbook."""

    reader: fastexcel.ExcelReader

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
        if errors:
            strings = _patched(strings, errors.errors)
        visible = loaded.visible == "visible"
        floats, flags = (self._load(name, kind).to_arrow() for kind in KINDS)
        return Sheet(name, visible, strings.num_rows, left, strings, floats, flags)

    def _load(self, name: str, kind: fastexcel.DType) -> fastexcel.ExcelSheet:
        try:
            return self.reader.load_sheet(name, header_row=None, skip_rows=0, dtypes=kind)
        except fastexcel.FastExcelError as error:
            what = str(error).splitlines()[0]
            raise Refused(f"has a sheet {name} that cannot be read: {what}", "Ask the sender again.") from error


def open_workbook(content: bytes) -> Workbook:
    """A workbook, whatever its file is called.

    Raises:
        Refused: it is none, or a password protects it, or it is larger than memory can be.
    """
    refuse_giants(content)
    try:
        return Workbook(fastexcel.read_excel(with_one_calendar(content)))
    except fastexcel.FastExcelError as error:
        if is_protected(content, str(error)):
            raise Refused("is protected by a password.", "Ask the sender for it without one.") from error
        kind = "is empty" if not content else "is no workbook (xlsx, xlsb, xls, ods), or was cut off"
        raise Refused(f"{kind}.", "Ask the sender for the file again.") from error


def _patched(strings: pa.RecordBatch, errors: Sequence[Any]) -> pa.RecordBatch:
    """The cells that calamine gives no text for: errors, and the times of an OpenDocument sheet."""
    columns = {n: strings.column(n) for n in range(strings.num_columns)}
    for n in {error.position[1] for error in errors}:
        values = columns[n].to_pylist()
        for error in errors:
            if error.position[1] == n:
                values[error.position[0]] = _shown(error.detail)
        columns[n] = pa.array(values, pa.string())
    return pa.RecordBatch.from_arrays(list(columns.values()), [str(n) for n in columns])


def _shown(detail: str) -> str:
    duration = re.search(r'DurationIso\("PT(\d+)H(\d+)M([\d.]+)S"\)', detail)
    if duration:
        return f"{int(duration[1]):02}:{int(duration[2]):02}:{duration[3].zfill(2)}"
    found = re.search(r"Error\((\w+)\)", detail)
    return ERRORS.get(found[1], "#ERROR!") if found else "#ERROR!"
