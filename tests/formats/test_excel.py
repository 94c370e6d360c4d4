"""Workbooks keep the promises of formats: cells mean what they hold, and a place is found or the file refused."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format
from tests.cases.bytes import Bytes
from tests.cases.formats import BLANKS, UGLY, FormatCases, Record
from tests.cases.validated import Validated, contract_of, validate_bytes

BROKEN = Path(__file__).parents[1] / "broken"

CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff_"), max_size=12).filter(
    lambda text: not text.startswith("=")
)
"""Text that openpyxl writes as it is: XML has no control characters."""


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def workbook(*rows: Sequence[Any], title: str = "Data", change: Callable[[Worksheet], None] | None = None) -> bytes:
    """A workbook with one sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if change:
        change(sheet)
    return saved(book)


WHOLE = workbook(["id", "note"], [1, "a"])


class TestExcel(FormatCases):
    options: ClassVar = {"kind": "excel"}
    many = 300
    nothing = (b"", b"id,note\n1,a\n", b"PK\x03\x04", workbook(), WHOLE[:-100], WHOLE[100:])
    unreadable: ClassVar = ()
    without_rows = (workbook(["id", "note"]), workbook(["A title"], [], ["id", "note"], [], [" "]))
    exceptions: ClassVar[Mapping[str, str]] = {
        "test_a_byte_order_mark_belongs_to_no_value": "a workbook is no text, so it has no byte order mark",
        "test_a_record_is_found_again_by_its_bytes": "a workbook is packed: a row has a sheet and a number",
    }

    def encode(self, records: Sequence[Record]) -> bytes:
        names = list(dict.fromkeys(chain.from_iterable(records))) or ["id", "note"]
        return workbook(names, *([record.get(name) for name in names] for record in records))

    @pytest.mark.parametrize("text", [text[:32_767] for text in UGLY if "\x0b" not in text and "\r" not in text])
    def test_text_comes_through_as_it_is(self, tmp_path: Path, text: str) -> None:
        """XML has no vertical tab and one kind of line break, a cell no more than 32,767 characters."""
        assert self.validate(tmp_path, self.numbered(text, "after")).of("note") == [text, "after"]

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(notes=st.lists(st.lists(st.none() | CELLS, max_size=5), min_size=1, max_size=4))
    def test_what_is_written_is_read(self, notes: list[list[str | None]]) -> None:
        with TemporaryDirectory() as folder:
            validated = self.validate(Path(folder), *(self.numbered(*each) for each in notes))
        for n, each in enumerate(notes):
            assert validated.of("note", n) == [(note or "").strip(BLANKS) or None for note in each]


def validate_excel(folder: Path, *contents: bytes, types: Mapping[str, str] | None = None, **options: Any) -> Validated:
    """What becomes of workbooks; without `types`, of the columns id and note."""
    columns = [{"name": n, "logicalType": t} for n, t in (types or {"id": "string", "note": "string"}).items()]
    contract = contract_of(folder / "c", *columns, format={"kind": "excel", **options})
    return validate_bytes(folder, contract, *contents)


VALUES: list[tuple[Any, str | None]] = [
    ("007", "007"),
    (" 5 ", "5"),
    (5, "5"),
    (5.0, "5"),
    (-0.5, "-0.5"),
    (1 / 3, "0.3333333333333333"),
    (1.5e-12, "1.5e-12"),
    (12345678901, "12345678901"),
    (True, "true"),
    (dt.date(2024, 5, 1), "2024-05-01"),
    (dt.datetime(2024, 5, 1, 9, 30, 15), "2024-05-01 09:30:15"),
    (dt.datetime(2024, 5, 1, 9, 30, 15, 500_000), "2024-05-01 09:30:15.500"),
    (dt.time(9, 30), "09:30:00"),
    (dt.time(23, 59, 59), "23:59:59"),
    ("#N/A", "#N/A"),
    ("#DIV/0!", "#DIV/0!"),
    ("=1+1", None),
    ("1e5", "1e5"),
    ("nan", "nan"),
    ("é\u2028", "é\u2028"),
]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904], ids=["1900", "1904"])
def test_a_cell_becomes_the_text_it_means(tmp_path: Path, epoch: Any) -> None:
    book = Workbook()
    if epoch:
        book.epoch = epoch
    for row in [["id", "note"], *([n, value] for n, (value, _) in enumerate(VALUES))]:
        book.worksheets[0].append(row)
    assert validate_excel(tmp_path, saved(book)).of("note") == [text and text.strip(BLANKS) for _, text in VALUES]


def test_cells_are_validated_by_the_contract_not_by_their_look(tmp_path: Path) -> None:
    types = {"n": "integer", "d": "date", "t": "time", "m": "timestamp", "b": "boolean"}
    good = [5.0, dt.date(2024, 5, 1), dt.time(9, 30), dt.datetime(2024, 5, 1, 0, 0), True]
    validated = validate_excel(tmp_path, workbook(list(types), good, ["#N/A", "", "x", 45413, "no"]), types=types)
    assert list(validated.rows[0].values.values())[:5] == good
    assert validated.reasons() == {2: ["n:type", "t:type", "m:type"]}
    assert validated.rows[1].raw == {"n": "#N/A", "d": None, "t": "x", "m": "45413", "b": "no"}


def many(**sheets: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title.strip("_"))
        if title.endswith("_"):
            sheet.sheet_state = "hidden"
        for row in rows:
            sheet.append(list(row))
    return saved(book)


TABLE = [["id", "note"], [1, "a"]]
OTHER = [["id", "note"], [2, "b"]]
TITLED: list[list[Any]] = [
    ["Report of May"],
    [],
    [None, "made by", "id"],
    ["Id", "NOTE "],
    [1, "a"],
    [],
    [3, "c"],
    [" "],
]


def moved(sheet: Worksheet) -> None:
    """The table begins at C5."""
    sheet.move_range("A1:B9", rows=4, cols=2)


def merged(sheet: Worksheet) -> None:
    sheet.merge_cells("B2:B3")


@pytest.mark.parametrize(
    ("content", "options", "notes"),
    [
        (workbook(*TITLED), {}, {1: "a", 3: "c"}),
        (workbook(*TABLE, [7, "g"], change=moved), {}, {1: "a", 2: "g"}),
        (workbook(*TABLE, [7, "g"], change=merged), {}, {1: "a", 2: None}),
        (workbook(*TABLE, *[[]] * 5, ["", " "]), {}, {1: "a"}),
        (many(Notes=[["read me"]], Data=TABLE), {}, {1: "a"}),
        (many(Empty=[], Data=TABLE), {}, {1: "a"}),
        (many(Old_=OTHER, Data=TABLE), {}, {1: "a"}),
        (many(Old_=OTHER, Data=TABLE), {"sheet": "old"}, {1: "b"}),
        (many(Old_=OTHER, Data=TABLE), {"sheet": 1}, {1: "b"}),
        (many(May=OTHER, June=TABLE), {"sheet": 2}, {1: "a"}),
        (many(May=OTHER, Data=[["id", "x"], [1]]), {}, {1: "b"}),
        (workbook(["id", "id"], *TABLE, ["total", 9]), {"range": "A2:B3"}, {1: "a"}),
        (workbook(*TABLE, ["total", 9], change=moved), {"range": "C5:D6"}, {1: "a"}),
        (workbook(["x", *TABLE[0], "id"], ["y", *TABLE[1], 5]), {"range": "B1:$C"}, {1: "a"}),
    ],
)
def test_the_place_of_the_records_is_found_or_pinned(
    tmp_path: Path, content: bytes, options: dict[str, Any], notes: dict[int, str]
) -> None:
    validated = validate_excel(tmp_path, content, **options)
    assert not validated.refused
    assert {row.record: row.values["note"] for row in validated.rows} == notes


@pytest.mark.parametrize(
    ("content", "options", "found"),
    [
        (many(May=OTHER, June=TABLE), {}, "several sheets that could be meant: May (row 1), June (row 1)"),
        (many(May=OTHER, June=TABLE), {"sheet": "July"}, "has no sheet July; its sheets are: May, June"),
        (many(May=OTHER, June=TABLE), {"sheet": 3}, "has no sheet 3; its sheets are: May, June"),
        (many(Data=TABLE), {"range": "F9:G12"}, "empty workbook"),
        (many(Data=[*TABLE, [], [None, None, "x"]]), {"range": "D1:E4"}, "nothing in the cells"),
        (many(Old_=TABLE, Data=[]), {}, "on its hidden sheet Old"),
    ],
)
def test_a_place_that_is_not_there_or_twice_is_refused(
    tmp_path: Path, content: bytes, options: dict[str, Any], found: str
) -> None:
    assert found in validate_excel(tmp_path, content, **options).refused[0].found


def test_a_cell_outside_the_header_is_rescued(tmp_path: Path) -> None:
    validated = validate_excel(tmp_path, workbook(["id", None, "note"], [1, None, "a", "look!"], [2, None, "b"]))
    assert validated.of("_rescued") == ['{"column3":"look!"}', None]


def test_a_sheet_without_header_is_read_by_position(tmp_path: Path) -> None:
    columns = ({"name": "id"}, {"name": "note"})
    contract = contract_of(tmp_path / "c", *columns, format={"kind": "excel", "header": False}, columns="by_position")
    validated = validate_bytes(tmp_path, contract, workbook([1, "a"], [2, "b"]))
    assert (validated.of("id"), validated.of("note")) == (["1", "2"], ["a", "b"])


UGLY_FILES = {
    "excel_1904.xls": ["2024-05-01", "09:30:00"],
    "excel_dates.ods": ["2024-05-01", "2024-05-01T09:30:00", "09:30:00", "0.333333333333333"],
    "excel_called_xls.xls": ["a"],
    "excel_encrypted.xlsx": "is protected by a password",
    "excel_encrypted.ods": "is protected by a password",
    "excel_html.xls": "is an HTML page",
    "excel_far_cell.xlsx": "spans 1,048,576 rows to column XFD",
    "excel_bomb.xlsx": "unpacks to more than 2 GB",
    "excel_damaged_manifest.ods": "is no workbook",
    "excel_chart_only.xlsx": "empty workbook",
}


@pytest.mark.parametrize(("name", "expected"), UGLY_FILES.items(), ids=UGLY_FILES)
def test_ugly_workbooks(tmp_path: Path, name: str, expected: list[str] | str) -> None:
    validated = validate_excel(tmp_path, (BROKEN / name).read_bytes())
    if isinstance(expected, str):
        assert expected in validated.refused[0].found
    else:
        assert validated.of("note") == expected


def test_a_reading_says_where_it_reads(tmp_path: Path) -> None:
    reading = open_format("excel", {}).reading(Bytes(workbook(*TITLED), tmp_path), ["id", "note"])
    assert reading.described() == {"sheet": "Data", "range": "A4:B", "header row": "4"}


@pytest.mark.parametrize(
    "options", [{"range": "3:4"}, {"range": "B3"}, {"range": "F3:B9"}, {"range": "B9:F3"}, {"sheet": 0}, {"page": 1}]
)
def test_an_impossible_place_is_a_bad_contract(options: dict[str, Any]) -> None:
    with pytest.raises(BadContract, match="format excel"):
        open_format("excel", options)


def test_a_record_stands_in_the_row_that_excel_shows(tmp_path: Path) -> None:
    rows = ([], [], ["A title"], [], ["id", "note"], [1, "a"], [], [2, "b"])
    content = Bytes(workbook(*rows, title="Orders"), tmp_path)
    reading = open_format("excel", {}).reading(content, ("id", "note"))
    assert [location.where for location in reading.locations(content, [1, 3]).values()] == [
        "sheet Orders, row 6",
        "sheet Orders, row 8",
    ]
