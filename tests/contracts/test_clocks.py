"""A local time that comes twice, or never, is no value; the contract may say which moment it is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dropzone_assets.contracts.zones import NEVER, TWICE
from dropzone_assets.errors import BadContract
from tests.cases.values import doubted, read

NO = None
TIMES = [
    ("Europe/Berlin", "2024-10-27 01:59:59", "2024-10-26T23:59:59", NO),
    ("Europe/Berlin", "2024-10-27 02:00", NO, TWICE),
    ("Europe/Berlin", "2024-10-27T02:59:59.999", NO, TWICE),
    ("Europe/Berlin", "2024-10-27 03:00:00", "2024-10-27T02:00:00", NO),
    ("Europe/Berlin", "2024-03-31 01:59:59", "2024-03-31T00:59:59", NO),
    ("Europe/Berlin", "2024-03-31 02:00:00", NO, NEVER),
    ("Europe/Berlin", "2024-03-31 02:59:59", NO, NEVER),
    ("Europe/Berlin", "2024-03-31 03:00:00", "2024-03-31T01:00:00", NO),
    ("America/Los_Angeles", "2022-11-06 01:30:00", NO, TWICE),
    ("America/Los_Angeles", "2023-03-12 02:30:00", NO, NEVER),
    ("Australia/Lord_Howe", "2024-04-07 01:15:00", "2024-04-06T14:15:00", NO),
    ("Australia/Lord_Howe", "2024-04-07 01:45:00", NO, TWICE),
    ("Australia/Lord_Howe", "2024-10-06 02:15:00", NO, NEVER),
    ("Australia/Lord_Howe", "2024-10-06 02:45:00", "2024-10-05T15:45:00", NO),
    ("Antarctica/Troll", "2024-10-27 01:30:00", NO, TWICE),
    ("America/Sao_Paulo", "2018-11-04", NO, NEVER),
    ("Pacific/Apia", "2011-12-30", NO, NEVER),
    ("Pacific/Apia", "2011-12-30 23:59:59", NO, NEVER),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00", NO),
    ("Pacific/Apia", "1892-07-04 12:00:00", NO, TWICE),
    ("Europe/Berlin", "9999-12-31 23:59:59", "9999-12-31T22:59:59", NO),
    ("Europe/Berlin", "2024-10-27 02:30:00+01:00", "2024-10-27T01:30:00", NO),
    ("Europe/Berlin", "2024-10-27 02:30:00+02:00", "2024-10-27T00:30:00", NO),
    ("Europe/Berlin", "2024-10-27 02:30:00Z", "2024-10-27T02:30:00", NO),
    ("Europe/Berlin", "2024-10-27 02:30:00 UTC", "2024-10-27T02:30:00", NO),
    ("Asia/Tokyo", "2024-10-27 02:30:00 Europe/Berlin", NO, TWICE),
    ("Asia/Tokyo", "2024-03-31T02:30:00 Europe/Berlin", NO, NEVER),
    ("Asia/Tokyo", "2024-03-31 02:30:00 Europe/Nowhere", NO, NO),
    ("Asia/Tokyo", "2024-03-31 02:30:00 GMT+1", "2024-03-31T01:30:00", NO),
    ("Europe/Berlin", "2024-10-27 02:60", NO, NO),
]


@pytest.mark.parametrize(("zone", "text", "value", "kind"), TIMES)
def test_a_time_that_comes_twice_or_never_is_no_value(
    zone: str, text: str, value: str | None, kind: str | None
) -> None:
    found = read(text, "timestamp", defaultTimezone=zone)
    assert (found and found.isoformat()) == value
    assert value or doubted(text, "timestamp", defaultTimezone=zone) == kind


@pytest.mark.parametrize("name", ["BST", "PST", "IST", "CET", "EST5EDT", "PDT", "MEZ"])
def test_an_abbreviation_is_no_zone_for_several_places_have_it(name: str) -> None:
    assert read(f"2024-07-01 12:00:00 {name}", "timestamp") is None


@pytest.mark.parametrize(
    ("dst", "twice", "never"),
    [
        ("first", "2024-10-27T00:30:00", None),
        ("second", "2024-10-27T01:30:00", None),
        ("shift", "2024-10-27T00:30:00", "2024-03-31T01:30:00"),
    ],
)
@pytest.mark.parametrize("place", [{"defaultTimezone": "Europe/Berlin"}, {"defaultTimezone": "Asia/Tokyo"}])
def test_the_contract_says_which_moment_it_is(dst: str, twice: str, never: str | None, place: dict[str, str]) -> None:
    named = "" if "Berlin" in place["defaultTimezone"] else " Europe/Berlin"
    for text, value in (("2024-10-27 02:30:00", twice), ("2024-03-31 02:30:00", never)):
        found = read(text + named, "timestamp", dst=dst, **place)
        assert (found and found.isoformat()) == value
    plain = read(f"2024-07-01 12:00:00{named}", "timestamp", dst=dst, **place)
    assert plain == datetime(2024, 7, 1, 10)


def test_a_format_without_an_offset_has_such_times_too() -> None:
    own = {"format": "dd.MM.yyyy HH:mm", "defaultTimezone": "Europe/Berlin"}
    assert read("27.10.2024 02:30", "timestamp", **own) is None
    assert doubted("27.10.2024 02:30", "timestamp", **own) == TWICE
    assert read("27.10.2024 02:30", "timestamp", dst="first", **own) == datetime(2024, 10, 27, 0, 30)
    zoned = {**own, "format": "dd.MM.yyyy HH:mm X"}
    assert read("27.10.2024 02:30 +01", "timestamp", **zoned) == datetime(2024, 10, 27, 1, 30)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Gaza"]),
    local=st.datetimes(datetime(1980, 1, 1), datetime(2022, 12, 31)),
)
@example(zone="Europe/Berlin", local=datetime(2022, 10, 30, 2, 30))
@example(zone="Europe/Berlin", local=datetime(2022, 3, 27, 2, 30))
def test_a_local_time_is_a_moment_if_it_is_just_one(zone: str, local: datetime) -> None:
    there = ZoneInfo(zone)
    both = {local.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1)}
    moments = [each.replace(tzinfo=None) for each in both if each.astimezone(there).replace(tzinfo=None) == local]
    expected = moments[0] if len(moments) == 1 else None
    assert read(local.isoformat(), "timestamp", defaultTimezone=zone) == expected
    if len(moments) > 1:
        for dst, moment in (("first", min(moments)), ("second", max(moments))):
            assert read(local.isoformat(), "timestamp", defaultTimezone=zone, dst=dst) == moment


def test_a_shifted_time_goes_on_by_as_much_as_the_clock() -> None:
    there = {"defaultTimezone": "Australia/Lord_Howe", "dst": "shift"}
    assert read("2024-10-06 02:15", "timestamp", **there) == datetime(2024, 10, 6, 2, 45) - timedelta(hours=11)


@pytest.mark.parametrize(
    ("logical", "own"),
    [("timestamp", {"dst": "first"}), ("date", {"dst": "first"}), ("string", {"dst": "shift"})],
)
def test_what_becomes_of_such_times_needs_a_zone_that_has_them(logical: str, own: dict[str, str]) -> None:
    with pytest.raises(BadContract, match="says nothing of"):
        read("x", logical, **own)
