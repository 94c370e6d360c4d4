"""Parquet keeps the promises of formats; every type becomes the text that a contract can validate."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from pyarrow import parquet

from dropzone_assets import engine
from dropzone_assets.formats import open_format
from tests.cases.bytes import Bytes
from tests.cases.formats import FormatCases, Record
from tests.cases.validated import contract_of, validate_bytes

BROKEN = Path(__file__).parents[1] / "broken"


def written(columns: Mapping[str, Any] | pa.Table, **options: Any) -> bytes:
    out = BytesIO()
    parquet.write_table(columns if isinstance(columns, pa.Table) else pa.table(dict(columns)), out, **options)
    return out.getvalue()


WHOLE = written({"id": ["1"], "note": ["a"]})
MANY = {"id": [str(n) for n in range(5_000)], "note": [f"n{n * 7919 % 5003}" for n in range(5_000)]}


def damaged(compression: str, at: int) -> bytes:
    """A file whose footer is whole and whose pages are not."""
    content = written(MANY, compression=compression, use_dictionary=False)
    return content[:at] + b"\xff" * 200 + content[at + 200 :]


class TestParquet(FormatCases):
    options: ClassVar = {"kind": "parquet"}
    nothing = (b"", b"id,note\n1,a\n", b"PAR1", WHOLE[:-1], WHOLE[:-100], b"PAR1" + b"\xff" * 100 + b"PAR1")
    unreadable: ClassVar = tuple(damaged(each, at) for each in ("snappy", "zstd", "gzip", "none") for at in (4, 2_000))
    without_rows = (written({"id": pa.array([], pa.string()), "note": pa.array([], pa.string())}),)
    exceptions: ClassVar[Mapping[str, str]] = {
        "test_a_byte_order_mark_belongs_to_no_value": "Parquet is no text, so it has no byte order mark",
        "test_a_record_is_found_again_by_its_bytes": "a row is spread over columns; it has a row group and a number",
    }

    def encode(self, records: Sequence[Record]) -> bytes:
        names = list(dict.fromkeys(chain.from_iterable(records))) or ["id", "note"]
        return written({n: pa.array([record.get(n) for record in records], pa.string()) for n in names})


MOMENT = dt.datetime(2024, 5, 1, 9, 30, 15)
PLUS_TWO = dt.timezone(dt.timedelta(hours=2))

VALUES: dict[str, tuple[pa.Array, str]] = {
    "whole": (pa.array([-5]), "-5"),
    "unsigned": (pa.array([2**64 - 1], pa.uint64()), "18446744073709551615"),
    "double": (pa.array([0.1]), "0.1"),
    "float": (pa.array([0.1], pa.float32()), "0.1"),
    "not a number": (pa.array([float("nan")]), "nan"),
    "decimal": (pa.array([Decimal("12345678901234567890.10")]), "12345678901234567890.10"),
    "boolean": (pa.array([True]), "true"),
    "date": (pa.array([dt.date(2024, 5, 1)]), "2024-05-01"),
    "moment": (pa.array([MOMENT]), "2024-05-01 09:30:15"),
    "midnight": (pa.array([dt.datetime(2024, 5, 1)]), "2024-05-01"),
    "moment in ns": (pa.array([1714555815000000001], pa.timestamp("ns")), "2024-05-01 09:30:15.000000001"),
    "moment somewhere": (pa.array([MOMENT.replace(tzinfo=PLUS_TWO)]), "2024-05-01 07:30:15+00"),
    "time": (pa.array([dt.time(9, 30)]), "09:30:00"),
    "list": (pa.array([[1, None]]), "[1,null]"),
    "struct": (pa.array([{"a": {"b": "x"}}]), '{"a":{"b":"x"}}'),
    "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), '{"k":1}'),
    "text in bytes": (pa.array(["é".encode()]), "é"),
    "bytes": (pa.array([b"\xff"]), "\\xFF"),
    "category": (pa.array(["x"]).dictionary_encode(), "x"),
}


@pytest.mark.parametrize(("values", "text"), VALUES.values(), ids=VALUES)
def test_a_value_becomes_its_text(tmp_path: Path, values: pa.Array, text: str) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v"}, format={"kind": "parquet"})
    assert validate_bytes(tmp_path, contract, written({"v": values})).of("v") == [text]


def test_moments_as_spark_wrote_them_are_read(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v"}, format={"kind": "parquet"})
    content = written({"v": [MOMENT]}, use_deprecated_int96_timestamps=True, store_schema=False)
    assert validate_bytes(tmp_path, contract, content).of("v") == ["2024-05-01 09:30:15"]


def test_values_are_validated_by_the_contract(tmp_path: Path) -> None:
    columns = [{"name": n, "logicalType": t} for n, t in {"d": "date", "t": "timestamp", "o": "object"}.items()]
    contract = contract_of(tmp_path / "c", *columns, format={"kind": "parquet"})
    moments = pa.array([dt.datetime(2024, 5, 1), MOMENT])
    content = written({"d": moments, "t": moments, "o": pa.array([{"a": 1}, None])})
    validated = validate_bytes(tmp_path, contract, content)
    assert list(validated.rows[0].values.values())[:2] == [dt.date(2024, 5, 1), dt.datetime(2024, 5, 1)]
    assert validated.reasons() == {2: ["d:type"]}
    assert validated.rows[1].raw == {"d": "2024-05-01 09:30:15", "t": "2024-05-01 09:30:15", "o": None}


def test_files_of_other_types_are_read_apart(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v", "logicalType": "integer"}, format={"kind": "parquet"})
    contents = [written({"v": [value]}) for value in (0, "1", 2)]
    contents.append(written({"v": [3], "w": ["x"]}, compression="zstd"))
    validated = validate_bytes(tmp_path, contract, *contents)
    assert [validated.of("v", n) for n in range(4)] == [[0], [1], [2], [3]]
    assert len(validated.load.parts) == 3


def test_names_that_come_twice_are_kept_apart(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "parquet"})
    table = pa.Table.from_arrays([pa.array(["1"]), pa.array(["2"]), pa.array(["3"])], ["id", "x", "X"])
    assert validate_bytes(tmp_path, contract, written(table)).of("_rescued") == ['{"x":"2","X (2)":"3"}']
    twice = pa.Table.from_arrays([pa.array(["1"]), pa.array(["2"])], ["id", "ID"])
    assert "several columns for id" in validate_bytes(tmp_path, contract, written(twice)).refused[0].found


def test_records_are_numbered_across_row_groups(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id", "logicalType": "integer"}, format={"kind": "parquet"})
    validated = validate_bytes(tmp_path, contract, written({"id": range(300_000)}, row_group_size=7_000))
    assert all(row.record == row.values["id"] + 1 for row in validated.rows)


def test_a_reading_says_what_it_found(tmp_path: Path) -> None:
    reading = open_format("parquet", {}).reading(Bytes(written({"id": [1], "at": [MOMENT]}), tmp_path), [])
    assert reading.described() == {"columns": "id int64, at timestamp[us]"}


def test_a_store_that_goes_away_is_not_the_files_fault() -> None:
    assert engine.blames_the_file(engine.Error("Out of buffer"))
    assert not engine.blames_the_file(engine.Error('Traceback (most recent call last):\n  File "x"\nOSError: gone'))


@pytest.mark.parametrize(
    "name", ["parquet_damaged_page.parquet", "parquet_cut_off.parquet", "parquet_no_columns.parquet"]
)
def test_ugly_files_are_refused(tmp_path: Path, name: str) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "parquet"})
    validated = validate_bytes(tmp_path, contract, (BROKEN / name).read_bytes(), WHOLE)
    assert set(validated.refused) == {0}
    assert validated.of("id", 1) == ["1"]


def test_a_record_stands_in_its_row_group(tmp_path: Path) -> None:
    content = Bytes(written({"id": [str(n) for n in range(1, 8)]}, row_group_size=3), tmp_path)
    found = open_format("parquet", {}).reading(content, ("id",)).locations(content, [7, 3, 4, 8])
    assert {n: location.where for n, location in found.items()} == {
        3: "row group 0, row 3",
        4: "row group 1, row 1",
        7: "row group 2, row 1",
    }


WIDE = [Decimal("1234567890123456.78"), None, Decimal("-0.01"), Decimal("9" * 48 + ".99")]


def test_decimals_of_more_than_38_digits_keep_them(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v"}, {"name": "d"}, format={"kind": "parquet"})
    columns = {"v": pa.array(WIDE, pa.decimal256(50, 2)), "d": pa.array(["a", "b", "c", "d"])}
    tiny = {"v": pa.array([Decimal("1E-40")], pa.decimal256(50, 40)), "d": pa.array(["e"])}
    broken = written(columns, use_dictionary=False, compression="none").replace(b"abcd", b"\xff" * 4)
    validated = validate_bytes(tmp_path, contract, written(columns), written(tiny), broken[:-200])
    assert validated.of("v", 0) == [None if value is None else f"{value:f}" for value in WIDE]
    assert validated.of("d", 0) == ["a", "b", "c", "d"]
    assert validated.of("v", 1) == [f"{Decimal('1E-40'):f}"]
    assert set(validated.refused) == {2}


def test_nested_decimals_beyond_38_digits_are_refused_by_name(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v"}, format={"kind": "parquet"})
    content = written({"v": pa.array([[Decimal("1.25")]], pa.list_(pa.decimal256(40, 2)))})
    assert "decimal256(40, 2)" in validate_bytes(tmp_path, contract, content).refused[0].found


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([[1.5, NAN, None, -INFINITE]]), [1.5, "NaN", None, "-Infinity"]),
        (
            pa.array([{"a": NAN, "b c": [{"d": INFINITE}], "e": "NaN"}]),
            {"a": "NaN", "b c": [{"d": "Infinity"}], "e": "NaN"},
        ),
        (pa.array([[("k", NAN), ("l", 2.5)]], pa.map_(pa.string(), pa.float64())), {"k": "NaN", "l": 2.5}),
        (pa.array([[[NAN], None]], pa.list_(pa.list_(pa.float32()))), [["NaN"], None]),
    ],
)
def test_a_nested_value_is_json_that_can_be_parsed(tmp_path: Path, values: pa.Array, expected: Any) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v"}, format={"kind": "parquet"})
    (found,) = validate_bytes(tmp_path, contract, written({"v": values})).of("v")
    assert json.loads(found, parse_constant=pytest.fail) == expected


@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE])
def test_a_number_that_is_none_is_quarantined(tmp_path: Path, value: float) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v", "logicalType": "number"}, format={"kind": "parquet"})
    assert validate_bytes(tmp_path, contract, written({"v": [value, 1.5]})).reasons() == {1: ["v:type"]}
