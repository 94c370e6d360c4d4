"""Workbooks (xlsx, xlsm, xlsb, xls, ods), read by calamine: each cell as the text that it means, not as it is shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dropzone_assets.engine import Connection
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, Figures, Scan
from dropzone_assets.formats.format import Location as Where
from dropzone_assets.formats.named import Named
from dropzone_assets.formats.text.decimals import pinned_figures
from dropzone_assets.readers.workbook.cells import Sheet, Workbook, open_workbook
from dropzone_assets.readers.workbook.limits import letters
from dropzone_assets.readers.workbook.locations import Location, area_of, find

CELLS, TYPED = "excel_cells", "typed_"

ROWS = 100_000
"""Rows that are handed to DuckDB together."""


class Excel(BaseModel):
    """A workbook; what the contract does not pin is found in each file, or the file is refused.

    `sheet` is a name or a number from 1, `range` the cells with the header and the rows (`B3:F200`, or `B3:F` to the
    end). Without a range, the header is the row that has most of the wanted names. `decimal` and `thousands` are the
    signs of numbers in cells that are text. `formulas` says what becomes of one without a value: its row is
    quarantined, or it is `null`; `saved` takes a saved 0 also where it is to be computed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: str | int | None = Field(default=None, union_mode="left_to_right")
    range: str = ""
    header: bool = True
    decimal: Literal[".", ","] | None = None
    thousands: Literal[",", ".", " ", "'"] | None = None
    formulas: Literal["quarantine", "null", "saved"] = "quarantine"

    @field_validator("formulas", mode="before")
    @classmethod
    def _null(cls, value: object) -> object:
        """YAML reads `null` as nothing."""
        return "null" if value is None else value

    @model_validator(mode="after")
    def _possible(self) -> Self:
        area_of(self.range)
        if isinstance(self.sheet, int) and self.sheet < 1:
            raise ValueError("sheets are counted from 1")
        pinned_figures(self.decimal, self.thousands)
        return self

    def reading(self, content: Content, wanted: Sequence[str]) -> "ExcelReading":
        """The header's names, or `column1` … where the contract says there is no header."""
        workbook = open_workbook(content.file().read_bytes(), self.formulas == "saved")
        names = workbook.names if self.sheet is None else [self._name(workbook)]
        sheets = [sheet for sheet in map(workbook.sheet, names) if sheet.rows]
        seen = [sheet for sheet in sheets if sheet.visible or self.sheet is not None]
        hidden = [sheet for sheet in sheets if not sheet.visible and self.sheet is None]
        location = find(seen, area_of(self.range), wanted if self.header else None, hidden)
        unsaved = next(sheet.unsaved for sheet in sheets if sheet.name == location.sheet)
        figures = pinned_figures(self.decimal, self.thousands)
        return ExcelReading(location.names, location, figures, self.formulas, len(unsaved))

    def _name(self, workbook: Workbook) -> str:
        names = workbook.names
        if isinstance(self.sheet, int) and self.sheet <= len(names):
            return names[self.sheet - 1]
        same = [name for name in names if name.casefold() == str(self.sheet).strip().casefold()]
        if len(same) != 1 or isinstance(self.sheet, int):
            raise Refused(f"has no sheet {self.sheet}; its sheets are: {', '.join(names)}.", "Correct `sheet`.")
        return same[0]


@dataclass(frozen=True)
class ExcelReading(Named):
    """Workbooks with the same columns at the same place."""

    location: Location
    figures: Figures
    formulas: str
    unsaved: int = field(compare=False)

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One row a row of the sheet; blank ones count, so a record's number is its distance from the header."""
        fields = ", ".join(f"c{n} VARCHAR, {TYPED}{n} BOOLEAN" for n in range(len(self.names)))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {CELLS} (file_index UBIGINT, {fields}, unsaved UINTEGER[])")
        waiting: list[pa.Table] = []
        for index, content in enumerate(contents):
            workbook = open_workbook(content.file().read_bytes(), self.formulas == "saved")
            sheet = workbook.sheet(self.location.sheet)
            waiting.append(self._records(sheet, index))
            if sum(table.num_rows for table in waiting) >= ROWS:
                self._hand_over(connection, waiting)
        self._hand_over(connection, waiting)
        texts = ", ".join(f"c{n}" for n in range(len(self.names)))
        blank = f"trim(concat({texts}), ' ' || chr(9) || chr(10) || chr(13) || chr(160)) = '' AND unsaved IS NULL"
        flaws = {} if self.formulas == "null" else {"no-value": "unsaved"}
        return Scan(f"FROM {CELLS}", {}, ignored=blank, figures=self.figures, typed=TYPED, flaws=flaws)

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Where]:
        """The sheet and the row, as Excel shows them."""
        first = self.location.area.top + self.location.header
        return {n: Where(None, None, None, f"sheet {self.location.sheet}, row {first + n}") for n in records if n > 0}

    def described(self) -> dict[str, str]:
        """The sheet, the cells, the row of the header."""
        first, last = self.location.columns[0], self.location.columns[-1]
        header = {"header row": str(self.location.area.top + 1)} if self.location.header else {"header": "none"}
        cells = f"{letters(first)}{self.location.area.top + 1}:{letters(last)}{self.location.area.bottom or ''}"
        without = {"formulas without a value": f"{self.unsaved:,}"} if self.unsaved else {}
        return {"sheet": self.location.sheet, "range": cells, **header, **without}

    def _records(self, sheet: Sheet, index: int) -> pa.Table:
        start = self.location.area.top + self.location.header
        end = min(self.location.area.bottom or sheet.rows, sheet.rows)
        length = max(end - start, 0)
        columns = {f"s{n}": sheet.texts(at, start, length) for n, at in enumerate(self.location.columns)}
        numbers = {f"f{n}": sheet.numbers(at, start, length) for n, at in enumerate(self.location.columns)}
        typed = {f"b{n}": sheet.typed(at, start, length) for n, at in enumerate(self.location.columns)}
        unsaved = self._unsaved(sheet, start, length)
        indexes = pa.array([index] * length, pa.uint64())
        return pa.table({"i": indexes, **columns, **numbers, **typed, "unsaved": unsaved})

    def _unsaved(self, sheet: Sheet, start: int, length: int) -> pa.Array:
        """For each row the numbers of its columns whose formula has no value; NULL where there is none."""
        kind = pa.list_(pa.uint32())
        if not sheet.unsaved:
            return pa.nulls(length, kind)
        found: list[list[int] | None] = [None] * length
        numbers = {at: n for n, at in enumerate(self.location.columns)}
        for row, column in sheet.unsaved:
            if start <= row < start + length and column in numbers:
                found[row - start] = [*(found[row - start] or []), numbers[column]]
        return pa.array(found, kind)

    def _hand_over(self, connection: Connection, waiting: list[pa.Table]) -> None:
        if waiting:
            connection.register("excel_waiting", pa.concat_tables(waiting))
            cells = ", ".join(f"{_text(n)}, b{n} IS NOT NULL" for n in range(len(self.names)))
            connection.execute(f"INSERT INTO {CELLS} SELECT i, {cells}, unsaved FROM excel_waiting")
            connection.unregister("excel_waiting")
            waiting.clear()


def _text(n: int) -> str:
    """SQL: what a cell means as text.

    calamine's text of a number stops after nine decimals; a date is a moment at midnight, and a time of day is on the
    day before the first of the workbook's calendar, or on its first day. No date is the day before the first.
    """
    return (
        f"CASE WHEN f{n} IS NOT NULL AND (try_cast(s{n} AS DOUBLE) <> f{n} OR b{n} IS NOT NULL AND contains(s{n}, '.') "
        f"AND try_cast(s{n} AS DOUBLE) IS NOT NULL) THEN f{n}::VARCHAR "
        f"WHEN s{n} = '1899-12-31 00:00:00' THEN '00:00:00' "
        f"WHEN s{n} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] 00:00:00' THEN left(s{n}, 10) "
        f"WHEN s{n} GLOB '1899-12-31 [0-9][0-9]:*' OR s{n} GLOB '1904-01-01 [0-9][0-9]:*' THEN substr(s{n}, 12) "
        f"ELSE s{n} END"
    )
