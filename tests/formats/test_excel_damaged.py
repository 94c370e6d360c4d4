"""A workbook that contradicts itself is refused with the place; a cell without a value costs its row, and says so."""

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from dropzone_assets.formats import open_format
from dropzone_assets.readers.workbook.marks import exact
from tests.cases.bytes import Bytes
from tests.formats.test_excel import OTHER, TABLE, many, saved, validate_excel, workbook

SHEET = "xl/worksheets/sheet1.xml"


def changed(content: bytes, part: str, change: Callable[[str], str], twice: str = "") -> bytes:
    """A workbook with another text in one of its parts, or the part once more under this name."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(out, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            after.writestr(name, change(text.decode()) if name == part else text)
            if twice and name == part:
                after.writestr(twice, text)
    return out.getvalue()


RELATED = '<Relationship Id="x" Type="urn:relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
STRINGS = f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in ('id', 'note', 'old', 'good'))}</sst>"


def with_cell(cell: str, rest: str = "") -> bytes:
    """A table with this cell in its first row, and more rows or none; four strings are shared."""
    content = workbook(["id", "note"], [1, "old"], [2, "good"])
    end = f"{rest}</sheetData>"
    content = changed(content, SHEET, lambda xml: re.sub('<c r="B2".*?</c>', cell, xml).replace("</sheetData>", end))
    content = changed(content, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("</Relationships>", RELATED))
    with ZipFile(out := BytesIO(content), "a") as parts:
        parts.writestr("xl/sharedStrings.xml", STRINGS)
    return out.getvalue()


LIES = {
    "two cells": ('<c r="B2"><v>5</v></c><c r="B2"><v>6</v></c>', "", "sheet Data has two cells B2"),
    "two rows": ('<c r="B2"><v>5</v></c>', '<row r="2"><c r="C2"><v>5</v></c></row>', "sheet Data has two rows 2"),
    "of another row": ('<c r="B3"><v>5</v></c>', "", "a cell B3 in row 2"),
    "far of another row": ('<c r="B9"><v>5</v></c>', "", "a cell B9 in row 2"),
    "small letters": ('<c r="B2"><v>5</v></c><c r="b2"><v>6</v></c>', "", "two cells B2"),
    "no place of its own": ('<c r="A2"><v>5</v></c>', "", "two cells A2"),
    "two values": ('<c r="B2"><v>5</v><v>6</v></c>', "", "a cell B2 with two values"),
    "string below": ('<c r="B2" t="s"><v>-1</v></c>', "", "a cell B2 with text -1 of 4 shared ones"),
    "string above": ('<c r="B2" t="s"><v>4</v></c>', "", "a cell B2 with text 4 of 4 shared ones"),
    "string between": ('<c r="B2" t="s"><v>1.5</v></c>', "", "a cell B2 with text 1.5"),
    "string of letters": ("<c r='B2' t = 's'><v>x</v></c>", "", "a cell B2 with text x"),
    "string of nothing": ('<c r="B2" t="s"><v></v></c>', "", "a cell B2 with text without a number"),
    "a cell without end": ('<c r="B2"><v>5</v>', "", "sheet Data is no XML, mismatched tag: line 1, column"),
    "a tag without end": ('<c r="B2"><v.5</v></c>', "", "sheet Data is no XML"),
    "boolean": ('<c r="B2" t="b"><v>7</v></c>', "", "a cell B2 with a boolean 7"),
}


@pytest.mark.parametrize(("cell", "rest", "found"), LIES.values(), ids=LIES)
def test_a_sheet_that_contradicts_itself_is_refused_with_the_place(
    tmp_path: Path, cell: str, rest: str, found: str
) -> None:
    validated = validate_excel(tmp_path, with_cell(cell, rest), workbook(*TABLE))
    assert found in validated.refused[0].found
    assert validated.of("note", 1) == ["a"]


@pytest.mark.parametrize("name", [SHEET, "xl/Worksheets/Sheet1.xml", "xl\\worksheets\\sheet1.xml"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_twice_in_the_zip_is_refused(tmp_path: Path, name: str) -> None:
    validated = validate_excel(tmp_path, changed(workbook(*TABLE), SHEET, str, twice=name))
    assert "is there twice" in validated.refused[0].found


def test_a_flipped_byte_in_a_part_is_refused(tmp_path: Path) -> None:
    content = changed(workbook(["id", "note"], [1, 777_777]), SHEET, str)
    validated = validate_excel(tmp_path, content.replace(b"777777", b"777778"))
    assert "is damaged" in validated.refused[0].found


@pytest.mark.parametrize("error", ["#SPILL!", "#CALC!", "#GETTING_DATA", "#FIELD!", "#N/A", "#WHATEVER?"])
def test_an_error_is_its_own_cells(tmp_path: Path, error: str) -> None:
    content = with_cell(f'<c r="B2" t="e"><f>X(1)</f><v>{error}</v></c>')
    assert validate_excel(tmp_path / "text", content).of("note") == [error, "good"]
    validated = validate_excel(
        tmp_path, with_cell(f'<c r="B2" t="e"><v>{error}</v></c>'), types={"id": "integer", "note": "integer"}
    )
    assert validated.reasons() == {1: ["note:type"], 2: ["note:type"]}
    assert validated.rows[0].raw == {"id": "1", "note": error}


WITHOUT = {
    "no value": '<c r="B2"><f>1+1</f></c>',
    "an empty one": '<c r="B2"><f>1+1</f><v></v></c>',
    "an empty element": '<c r="B2"><f>1+1</f><v/></c>',
    "a shared one": '<c r="B2"><f t="shared" si="0"/></c>',
    "a text": '<c r="B2" t="str"><f>A2</f></c>',
    "a number to be computed": '<c r="B2"><f>1-1</f><v>0</v></c>',
}
"""openpyxl, whose workbooks these are, asks Excel to compute everything when it opens them."""


@pytest.mark.parametrize("cell", WITHOUT.values(), ids=WITHOUT)
def test_a_formula_without_a_value_is_quarantined_or_counted(tmp_path: Path, cell: str) -> None:
    content = with_cell(cell)
    validated = validate_excel(tmp_path / "one", content)
    assert validated.reasons() == {1: ["note:no-value"]}
    assert validated.rows[0].raw == {"id": "1", "note": validated.rows[0].raw["note"]}
    by_contract = validate_excel(tmp_path / "two", content, formulas=None)
    assert by_contract.of("note")[1:] == ["good"] and not by_contract.reasons()
    reading = open_format("excel", {"formulas": "null"}).reading(Bytes(content, tmp_path), ["id", "note"])
    assert reading.described()["formulas without a value"] == "1"


SAVED = {
    "an empty text": ('<c r="B2" t="str"><f>""</f><v></v></c>', None),
    "a number": ('<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
    "a boolean": ('<c r="B2" t="b"><f>TRUE()</f><v>1</v></c>', "true"),
    "no formula": ('<c r="B2" s="1"/>', None),
    "text in the cell": ('<c r="B2" t="inlineStr"><is><t>in</t></is></c>', "in"),
    "a text between blanks": ('<c r="B2" t="s"><v> 2 </v></c>', "old"),
    "many digits": ('<c r="B2"><v>123456789012345678</v></c>', "123456789012345678"),
    "digits of money": ('<c r="B2"><v>1234567890123456.78</v></c>', "1234567890123456.78"),
    "a double": ('<c r="B2"><v>0.30000000000000004</v></c>', "0.30000000000000004"),
    "a double of Excel": ('<c r="B2"><v>1.1000000000000001</v></c>', "1.1"),
}


@pytest.mark.parametrize(("cell", "text"), SAVED.values(), ids=SAVED)
def test_what_is_saved_is_read(tmp_path: Path, cell: str, text: str | None) -> None:
    validated = validate_excel(tmp_path, with_cell(cell))
    assert (validated.reasons(), validated.of("note")) == ({}, [text, "good"])


def test_a_saved_zero_counts_where_the_contract_says_so(tmp_path: Path) -> None:
    content = with_cell(WITHOUT["a number to be computed"])
    assert validate_excel(tmp_path, content, formulas="saved").of("note") == ["0", "good"]


def test_rows_and_columns_of_nothing_but_formulas_are_there(tmp_path: Path) -> None:
    content = workbook(["id", "note"], [1, "a"], ["=A2+1", "=B2"])
    validated = validate_excel(tmp_path / "rows", content)
    assert validated.reasons() == {2: ["id:no-value", "note:no-value"]}
    between = workbook([1, "=A1", "a"], ["=A1+1", "=A2", "=C1"], [3, "=A3", "c"])
    columns = validate_excel(
        tmp_path / "columns", between, header=False, types=dict.fromkeys(["column1", "column3"], "string")
    )
    assert columns.reasons() == {2: ["column1:no-value", "column3:no-value"]}
    assert [row.values["column3"] for row in columns.rows if row.record != 2] == ["a", "c"]


def test_a_required_column_without_a_value_has_one_reason(tmp_path: Path) -> None:
    content = workbook(["id", "note"], ["=1+1", "x"])
    validated = validate_excel(tmp_path, content, types={"id": "integer", "note": "integer"})
    assert validated.reasons() == {1: ["id:no-value", "note:type"]}


@pytest.mark.parametrize("visible", [{}, {"Data": []}, {"Data": [["total"], [5]]}, {"Data": [["id", "x"], [5, 6]]}])
def test_a_hidden_sheet_that_fits_better_is_named(tmp_path: Path, visible: dict[str, list[list[object]]]) -> None:
    content = many(**visible or {"Empty": []}, Old_=TABLE)
    refused = validate_excel(tmp_path / "named", content).refused[0]
    assert "2 of the wanted names on its hidden sheet Old (row 1)" in refused.found
    assert "Pin `sheet: Old`" in refused.cure
    assert validate_excel(tmp_path / "pinned", content, sheet="Old").of("note") == ["a"]
    assert validate_excel(tmp_path / "equal", many(Data=OTHER, Old_=TABLE)).of("note") == ["b"]


@pytest.mark.parametrize(
    ("flag", "day"),
    [
        ('"1"', 1904),
        ('"true"', 1904),
        ("'on'", 1904),
        ('" 1 "', 1904),
        ('"0"', 1900),
        ('"false"', 1900),
        ('"off"', 1900),
    ],
)
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_the_calendar_is_read_however_it_is_written(tmp_path: Path, flag: str, day: int, prefix: str) -> None:
    content = _calendar(f"<{prefix}workbookPr date1904={flag}/>", prefix)
    assert validate_excel(tmp_path, content).of("note") == ["2024-05-01" if day == 1900 else "2028-05-02"]


def _calendar(properties: str, prefix: str = "") -> bytes:
    def change(xml: str) -> str:
        start, end = xml.index("<workbookPr"), xml.index("/>", xml.index("<workbookPr")) + 2
        xml = xml[:start] + "<!-- <workbookPr date1904='1'/> -->" + "<workbookPr/>" + xml[end:]
        for name in ("workbook", "sheets", "sheet", "workbookPr") if prefix else ():
            xml = xml.replace(f"<{name} ", f"<{prefix}{name} ").replace(f"</{name}>", f"</{prefix}{name}>")
            xml = xml.replace(f"<{name}>", f"<{prefix}{name}>").replace(f"<{name}/>", f"<{prefix}{name}/>")
        return xml.replace('xmlns="', f'xmlns:{prefix[:-1]}="' if prefix else 'xmlns="').replace(
            f"<{prefix}workbookPr/>", properties
        )

    book = Workbook()
    for row in (["id", "note"], [1, date(2024, 5, 1)]):
        book.worksheets[0].append(row)
    return changed(saved(book), "xl/workbook.xml", change)


def test_a_calendar_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    content = _calendar('<workbookPr date1904="maybe"/>')
    assert "either calendar" in validate_excel(tmp_path, content).refused[0].found


@settings(max_examples=50)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_double_is_taken_for_more_than_a_double(number: float) -> None:
    assert exact(repr(number)) is None
    assert exact(f"{number:.17G}") is None


@settings(max_examples=50)
@given(st.integers(10**17, 10**18))
def test_the_digits_of_a_long_number_are_kept(number: int) -> None:
    assert exact(str(number)) in (None, str(number))
    assert (exact(str(number)) is None) == (int(float(number)) == number)


@pytest.mark.parametrize("number", ["123456789.12", "99999999.99", "1234567890.5", "0.1", "1e-9", "123456.789"])
def test_a_number_with_a_fraction_is_what_the_cell_says(tmp_path: Path, number: str) -> None:
    validated = validate_excel(tmp_path, with_cell(f'<c r="B2"><v>{number}</v></c>'))
    assert float(validated.of("note")[0]) == float(number)
    assert len(validated.of("note")[0]) <= max(len(number), 5)
