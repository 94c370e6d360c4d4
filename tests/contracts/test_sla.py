"""What `slaProperties` and the block `expected` say about the files that should come."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dropzone_assets.contracts import Contract, Expected, load_contract
from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format
from tests.cases.validated import FIRST_DAY, describe

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def promised(folder: Path, sla: str, **block: Any) -> Contract:
    """A contract whose `slaProperties` are YAML as people write it."""
    text = yaml.safe_dump(describe({"name": "id"}, **block)) + f"slaProperties:\n{sla}"
    file = folder / "t.odcs.yaml"
    file.write_text(text)
    return load_contract(file, FIRST_DAY, open_format)[0]


def every(value: object, unit: str = "d") -> str:
    return f"  - {{property: frequency, value: {value}, unit: {unit}}}\n"


def until(value: str) -> str:
    return f"  - {{property: timeOfAvailability, value: {value}}}\n"


@pytest.mark.parametrize(
    ("value", "unit", "files", "period"),
    [
        (1, "d", 1, 1),
        (1, "day", 1, 1),
        (24, "h", 1, 1),
        (1, "h", 24, 1),
        (6, "hours", 4, 1),
        (0.5, "d", 2, 1),
        (15, "m", 96, 1),
        (90, "minutes", 16, 1),
        (7, "d", 1, 7),
        (48, "h", 1, 2),
        (1, "y", 1, 365),
    ],
)
def test_a_frequency_is_so_many_files_for_so_many_days(
    tmp_path: Path, value: float, unit: str, files: int, period: int
) -> None:
    contract = promised(tmp_path, every(value, unit) + until("'00:00'"))
    assert contract.expected == Expected(files, period, period * DAY)


@pytest.mark.parametrize(
    ("written", "since"),
    [
        ("09:00", 9 * HOUR),
        ("09:00Z", 9 * HOUR),
        ("09:00-08:00", 17 * HOUR),
        ("09:00+0530", 3.5 * HOUR),
        ("05:00+14:00", -9 * HOUR),
        ("'9:30'", 9.5 * HOUR),
        ("10:30", 10.5 * HOUR),
        ("10:30:30", 10.5 * HOUR + timedelta(seconds=30)),
        ("00:00", timedelta()),
    ],
)
def test_a_time_of_availability_is_a_moment_of_the_next_day(tmp_path: Path, written: str, since: timedelta) -> None:
    contract = promised(tmp_path, every(1) + until(written))
    assert contract.expected and contract.expected.due == DAY + since


def test_the_block_says_what_the_standard_cannot(tmp_path: Path) -> None:
    block = {"files": 3, "due_days": 0, "until": "newest"}
    contract = promised(tmp_path, every(1) + until("'18:00'"), expected=block)
    assert contract.expected == Expected(3, 1, 18 * HOUR, live=False)


def test_the_example_of_the_standard_is_understood(tmp_path: Path) -> None:
    example = """
  - {property: latency, value: 4, unit: d, element: tab1.txn_ref_dt}
  - {property: generalAvailability, value: 2022-05-12T09:30:10-08:00}
  - {property: endOfLife, value: 2042-05-12}
  - {property: frequency, value: 1, valueExt: 1, unit: d}
  - {property: timeOfAvailability, value: 09:00-08:00, driver: regulatory}
  - {property: timeOfAvailability, value: 08:00-08:00, driver: analytics}
"""
    contract = promised(tmp_path, example)
    assert contract.freshness == 5 * DAY
    assert contract.expected == Expected(1, 1, DAY + 16 * HOUR, True, date(2022, 5, 12), date(2042, 5, 12))


@pytest.mark.parametrize("sla", [every(1), until("'09:00'"), "  []"])
def test_without_how_often_and_until_when_no_file_is_expected(tmp_path: Path, sla: str) -> None:
    assert promised(tmp_path, sla).expected is None


@pytest.mark.parametrize(
    ("sla", "block", "found"),
    [
        (every(36, "h") + until("'09:00'"), {}, "no day has a whole number of files"),
        (every(5, "h") + until("'09:00'"), {}, "no day has a whole number of files"),
        (every(0) + until("'09:00'"), {}, "no day has a whole number of files"),
        (every(-1) + until("'09:00'"), {}, "no day has a whole number of files"),
        (every(1) + until("'25:00'"), {}, "timeOfAvailability is '25:00'"),
        (every(1) + until("noon"), {}, "timeOfAvailability is 'noon'"),
        (every(1) + until("0.5"), {}, "timeOfAvailability is 0.5"),
        (every(1) + until("90000"), {}, "timeOfAvailability is 90000"),
        (every(1) + until("'9'"), {}, "timeOfAvailability is '9'"),
        (every(1) + until("'09:00'") + "  - {property: endOfLife, value: never}\n", {}, "endOfLife is 'never'"),
        (every(1), {"expected": {"files": 2}}, "a promise that is not there"),
        (every(1) + until("'09:00'"), {"expected": {"files": 0}}, "expected.files"),
        (every(1) + until("'09:00'"), {"expected": {"until": "tomorrow"}}, "expected.until"),
    ],
)
def test_a_promise_that_cannot_be_understood_is_refused_with_a_cure(
    tmp_path: Path, sla: str, block: dict[str, Any], found: str
) -> None:
    with pytest.raises(BadContract) as refusal:
        promised(tmp_path, sla, **block)
    assert found in refusal.value.found and refusal.value.cure
