"""Dates and times of workbooks: the calendar is the workbook's own, and midnight is a time of day."""

import datetime as dt
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.formats.test_excel import saved, validate_excel, workbook

EXTENDED = {
    "behind": '<extLst><ext uri="{140A7094}" xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main">'
    '<x15:workbookPr chartTrackingRefBase="1"/></ext></extLst></workbook>',
    "open": '<extLst><ext xmlns:y="urn:another"><y:workbookPr date1904="0"><y:a/></y:workbookPr></ext></extLst>'
    "</workbook>",
    "the other way": '<extLst><ext xmlns:y="urn:another"><y:workbookPr date1904="1"/></ext></extLst></workbook>',
}
"""What writers put behind the properties of a workbook, under the same name in another namespace."""


@pytest.mark.parametrize("extension", EXTENDED)
@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904], ids=["1900", "1904"])
def test_the_calendar_is_that_of_the_workbook_whatever_stands_behind_it(
    tmp_path: Path, epoch: Any, extension: str
) -> None:
    book = Workbook()
    if epoch:
        book.epoch = epoch
    for row in (["id", "note"], [1, dt.date(2024, 5, 1)]):
        book.worksheets[0].append(row)
    content = _changed(saved(book), "xl/workbook.xml", "</workbook>", EXTENDED[extension])
    assert validate_excel(tmp_path, content).of("note") == ["2024-05-01"]


def _changed(content: bytes, part: str, old: str, new: str) -> bytes:
    """A workbook with other words in one of its parts."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(out, "w") as after:
        for name in before.namelist():
            text = before.read(name)
            after.writestr(name, text.replace(old.encode(), new.encode()) if name == part else text)
    return out.getvalue()


def test_midnight_is_a_time_of_day(tmp_path: Path) -> None:
    content = workbook(["id", "at"], [1, dt.time(0, 0)], [2, dt.time(9, 30)])
    assert validate_excel(tmp_path, content, types={"id": "integer", "at": "time"}).of("at") == [
        dt.time(0, 0),
        dt.time(9, 30),
    ]
    dates = validate_excel(tmp_path / "dates", content, types={"id": "integer", "at": "date"})
    assert dates.reasons() == {1: ["at:type"], 2: ["at:type"]}
