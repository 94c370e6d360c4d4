"""A date, a time of day or a moment is read as it was meant, or not at all; an offset is never lost."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropzone_assets.errors import BadContract
from tests.cases.values import read

NO = None
BERLIN = {"defaultTimezone": "Europe/Berlin"}
ISO = "yyyy-MM-dd'T'HH:mm:ss"

DATES = [
    ("2024-02-29", date(2024, 2, 29)),
    ("2024-2-9", date(2024, 2, 9)),
    ("2024/02/29", date(2024, 2, 29)),
    ("9999-12-31", date(9999, 12, 31)),
    ("2023-02-29", NO),
    ("2024-13-01", NO),
    ("2024-00-10", NO),
    ("2024-02-29 10:00", NO),
    ("2024-02-29T00:00:00", NO),
    ("24-02-29", NO),
    ("1-2-3", NO),
    ("0000-01-01", NO),
    ("12024-01-01", NO),
    ("99999-1-1", NO),
    ("44-3-15 (BC)", NO),
    ("20240229", NO),
    ("29.02.2024", NO),
    ("29/02/2024", NO),
    ("epoch", NO),
    ("infinity", NO),
    ("-infinity", NO),
    ("today", NO),
    ("1709164800", NO),
]


@pytest.mark.parametrize(("text", "value"), DATES)
def test_a_date_is_a_day_of_the_calendar(text: str, value: date | None) -> None:
    assert read(text, "date") == value


TIMES = [
    ("10:11:12", time(10, 11, 12)),
    ("7:05", time(7, 5)),
    ("23:59:59.999999", time(23, 59, 59, 999999)),
    ("24:00:00", NO),
    ("25:00:00", NO),
    ("10:60", NO),
    ("10:11:12+02:00", NO),
    ("10:11:12Z", NO),
    ("10:11:12 PM", NO),
    ("10", NO),
    ("now", NO),
]


@pytest.mark.parametrize(("text", "value"), TIMES)
def test_a_time_of_day_has_no_offset_to_lose(text: str, value: time | None) -> None:
    assert read(text, "time") == value


TIMESTAMPS = [
    ("2024-07-01T03:04:05Z", "2024-07-01T03:04:05"),
    ("2024-07-01 03:04:05", "2024-07-01T03:04:05"),
    ("2024-07-01T03:04", "2024-07-01T03:04:00"),
    ("2024-07-01", "2024-07-01T00:00:00"),
    ("2024-07-01T03:04:05.123456Z", "2024-07-01T03:04:05.123456"),
    ("2024-07-01T03:04:05.123456789Z", "2024-07-01T03:04:05.123456"),
    ("2024-07-01T03:04:05+02:00", "2024-07-01T01:04:05"),
    ("2024-07-01 03:04:05+0200", "2024-07-01T01:04:05"),
    ("2024-07-01 03:04:05+02", "2024-07-01T01:04:05"),
    ("2024-07-01T00:30:00+05:30", "2024-06-30T19:00:00"),
    ("2024-07-01T22:00:00-05:00", "2024-07-02T03:00:00"),
    ("2024-07-01 03:04:05 UTC", "2024-07-01T03:04:05"),
    ("2024-07-01 03:04:05 Europe/Berlin", "2024-07-01T01:04:05"),
    ("24-07-01T03:04:05Z", NO),
    ("290000-01-01T00:00:00Z", NO),
    ("2024-07-01T25:00:00Z", NO),
    ("2024-07-01T03:61:00Z", NO),
    ("2024-02-30T00:00:00Z", NO),
    ("2024-07-01 03:04:05 Mars/Phobos", NO),
    ("01/07/2024 03:04", NO),
    ("1719803045", NO),
    ("epoch", NO),
    ("infinity", NO),
    ("-infinity", NO),
    ("now", NO),
    ("yesterday", NO),
]


def moment(text: str | None) -> datetime | None:
    """A moment in UTC, as it is stored."""
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize(("text", "value"), TIMESTAMPS)
def test_a_moment_is_stored_in_utc(text: str, value: str | None) -> None:
    assert read(text, "timestamp") == moment(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-07-01 03:04:05", "2024-07-01T01:04:05"),
        ("2024-01-01 03:04:05", "2024-01-01T02:04:05"),
        ("2024-07-01", "2024-06-30T22:00:00"),
        ("2024-01-02", "2024-01-01T23:00:00"),
        ("2024/07/01 03:04", "2024-07-01T01:04:00"),
        ("2024-07-01T03:04:05.5", "2024-07-01T01:04:05.500000"),
        ("2024-07-01 03:04:05Z", "2024-07-01T03:04:05"),
        ("2024-07-01T03:04Z", "2024-07-01T03:04:00"),
        ("2024-07-01 03:04:05-05", "2024-07-01T08:04:05"),
        ("2024-07-01 03:04:05 UTC", "2024-07-01T03:04:05"),
        ("2024-07-01 03:04:05 America/New_York", "2024-07-01T07:04:05"),
        ("infinity", NO),
        ("24-07-01 03:04", NO),
    ],
)
def test_a_default_timezone_is_for_texts_without_one(text: str, value: str | None) -> None:
    assert read(text, "timestamp", **BERLIN) == moment(value)


@pytest.mark.parametrize(
    ("logical", "pattern", "text", "value"),
    [
        ("date", "dd.MM.yyyy", "29.02.2024", "2024-02-29"),
        ("date", "dd.MM.yyyy", "30.02.2024", NO),
        ("date", "dd.MM.yyyy", "2024-02-29", NO),
        ("date", "yyyyMMdd", "20240229", "2024-02-29"),
        ("date", "dd/MM/yyyy", "01/02/24", NO),
        ("date", "dd/MM/yyyy", "01/02/0024", NO),
        ("date", "dd/MM/yyyy", "1/02/2024", NO),
        ("date", "d/M/yyyy", "01/2/2024", "2024-02-01"),
        ("date", "d/M/yy", "01/02/2024", NO),
        ("date", "d/M/yy", "1/2/68", "2068-02-01"),
        ("date", "d/M/yy", "1/2/69", "1969-02-01"),
        ("date", "d MMM yyyy", "1 Feb 2024", "2024-02-01"),
        ("date", "dd/MM/yyyy", "01/02/20240", NO),
        ("time", "HH:mm", "7:05", NO),
        ("time", "H:mm", "7:05", "07:05:00"),
        ("date", "d/M/yy", "1/2/24", "2024-02-01"),
        ("time", "HHmm", "0705", "07:05:00"),
        ("timestamp", "dd/MM/yyyy HH:mm", "01/07/2024 03:04", "2024-07-01T03:04:00"),
        ("timestamp", "MM/dd/yyyy hh:mm a", "07/01/2024 03:04 PM", "2024-07-01T15:04:00"),
        ("timestamp", f"{ISO}XXX", "2024-07-01T03:04:05+02:00", "2024-07-01T01:04:05"),
        ("timestamp", f"{ISO}XXX", "2024-07-01T03:04:05Z", "2024-07-01T03:04:05"),
        ("timestamp", f"{ISO}Z", "2024-07-01T03:04:05-0500", "2024-07-01T08:04:05"),
        ("timestamp", f"{ISO}XXX", "2024-07-01T03:04:05", NO),
        ("timestamp", f"{ISO}.SSS", "2024-07-01T03:04:05.120", "2024-07-01T03:04:05.120000"),
        ("timestamp", f"{ISO}'Z'", "2024-07-01T03:04:05Z", "2024-07-01T03:04:05"),
        ("timestamp", "{yyyy}", "{2024}", "2024-01-01T00:00:00"),
        ("timestamp", "yyyy'%Y'", "2024%Y", "2024-01-01T00:00:00"),
    ],
)
def test_a_format_is_the_only_way_to_write_it(logical: str, pattern: str, text: str, value: str | None) -> None:
    found = read(text, logical, format=pattern)
    assert (found and found.isoformat()) == (value and moment(value).isoformat() if "T" in (value or "") else value)


def test_a_format_and_a_default_timezone_work_together() -> None:
    found = read("01/07/2024 03:04", "timestamp", format="dd/MM/yyyy HH:mm", **BERLIN)
    assert found == datetime(2024, 7, 1, 1, 4)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))
def test_every_moment_comes_back_from_its_text(when: datetime) -> None:
    offset = when.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        return  # old local times, which ISO 8601 cannot write
    utc = (when - offset).replace(tzinfo=None)
    assert read(when.isoformat(), "timestamp") == utc
    assert read(when.isoformat(sep=" "), "timestamp", **BERLIN) == utc


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", "Europe", "CET; DROP TABLE x"])
def test_a_timezone_nobody_knows_is_a_bad_contract(zone: str) -> None:
    with pytest.raises(BadContract, match="does not exist"):
        read("2024-05-01", "timestamp", defaultTimezone=zone)
