"""With `dst: by_order` the order of a file says which of two equal hours a row is of, or the row is refused."""

from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.errors import BadContract
from tests.cases.validated import Validated, contract_of, validate_bytes

OWN = [{"property": "dropzone", "value": {"dst": "by_order"}}]
BERLIN = {
    "logicalTypeOptions": {"defaultTimezone": "Europe/Berlin"},
    "customProperties": OWN,
    "logicalType": "timestamp",
}
METER = {"name": "meter", "primaryKey": True, "primaryKeyPosition": 1}
AT = {"name": "at", "primaryKey": True, "primaryKeyPosition": 2, **BERLIN}


def hours(folder: Path, *rows: str, columns: tuple[dict[str, Any], ...] = (METER, AT)) -> Validated:
    """What becomes of `meter,time` of the 27th of October 2024 in Berlin."""
    lines = [f"{meter},2024-10-27 {time}" for meter, _, time in (row.partition(" ") for row in rows)]
    contract = contract_of(folder / "contracts", *columns)
    return validate_bytes(folder, contract, "\n".join(["meter,at", *lines, ""]).encode())


def utc(found: Validated) -> list[str]:
    return [row.values["at"].strftime("%H:%M") if not row.reasons else "?" for row in found.rows]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["a 01:00", "a 02:00", "a 02:00", "a 03:00"], ["23:00", "00:00", "01:00", "02:00"]),
        (["a 02:00", "a 02:30", "a 02:00", "a 02:30"], ["00:00", "00:30", "01:00", "01:30"]),
        (["a 02:00", "b 02:00", "a 02:00", "b 02:00"], ["00:00", "00:00", "01:00", "01:00"]),
        (["a 02:00", "a 02:00", "b 02:00", "b 02:00"], ["00:00", "01:00", "00:00", "01:00"]),
        (["a 02:50", "a 02:10"], ["00:50", "01:10"]),
        (["a 02:00", "a 03:00"], ["?", "02:00"]),
        (["a 02:00", "b 02:00"], ["?", "?"]),
        (["a 03:00", "a 02:00", "a 02:00", "a 01:00"], ["02:00", "?", "?", "23:00"]),
        (["a 02:30", "a 02:00", "a 02:30", "a 02:00"], ["?", "?", "?", "?"]),
        (["a 02:30", "a 01:00"], ["?", "23:00"]),
    ],
)
def test_the_first_block_is_summer_time_and_the_second_is_not(
    tmp_path: Path, rows: list[str], expected: list[str]
) -> None:
    found = hours(tmp_path, *rows)
    assert utc(found) == expected
    assert set(found.reasons()) == {n for n, each in enumerate(expected, start=1) if each == "?"}


def test_without_the_time_in_the_key_an_equal_time_proves_nothing(tmp_path: Path) -> None:
    columns = ({"name": "meter"}, {"name": "at", **BERLIN})
    assert utc(hours(tmp_path, "a 02:00", "b 02:00", "c 02:30", columns=columns)) == ["?", "?", "?"]
    assert utc(hours(tmp_path, "a 02:00", "b 02:30", "c 02:00", columns=columns)) == ["00:00", "00:30", "01:00"]


def test_each_file_and_each_year_has_its_own_order(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "contracts", METER, AT)
    two = b"meter,at\na,2023-10-29 02:00\na,2023-10-29 02:00\na,2024-10-27 02:00\na,2024-10-27 02:00\n"
    found = validate_bytes(tmp_path, contract, two, two, b"meter,at\na,2024-10-27 02:00\n")
    assert utc(found) == ["00:00", "01:00"] * 4 + ["?"]


def test_an_order_by_a_column_that_is_made_is_a_bad_contract(tmp_path: Path) -> None:
    made = {**METER, "transformLogic": "upper(meter)"}
    with pytest.raises(BadContract, match="by_order needs meter as it is in the file"):
        contract_of(tmp_path / "contracts", made, AT)
