"""What may stand around a number is what its column allows, and says nothing but its minus and its percent."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from pyarrow import parquet

from dropzone_assets.errors import BadContract
from tests.cases.validated import Validated, contract_of, validate_bytes


def column(**number: object) -> dict[str, Any]:
    """A column of amounts with these options."""
    block = [{"property": "dropzone", "value": {"number": number}}]
    return {"name": "n", "logicalType": "number", "physicalType": "DECIMAL(14,4)", "customProperties": block}


def read(folder: Path, texts: Sequence[str], number: Mapping[str, object], **form: object) -> Validated:
    """What becomes of texts in a file of JSON, which pins nothing itself, or in one of another form."""
    contract = contract_of(folder / "c", column(**number), format=form or {"kind": "json"})
    return validate_bytes(folder, contract, json.dumps([{"n": text} for text in texts]).encode())


GERMAN, ENGLISH = {"thousands": "."}, {"thousands": ","}

OPTIONS: list[tuple[dict[str, object], dict[str, str | None]]] = [
    (GERMAN, {"1.234,56": "1234.56", "7.000": "7000", "-7,5": "-7.5", "1.5": None, "7,5-": None, "€ 7": None}),
    (ENGLISH, {"1,234.56": "1234.56", "7,000": "7000", "7.000": "7", "1e3": "1000", "1,5": None}),
    ({"thousands": " "}, {"1 234,5": "1234.5", "7,000": "7", "12 34": None}),
    ({"thousands": "'"}, {"1'234.5": "1234.5", "1’000": "1000", "7.125": "7.125"}),
    (
        {**GERMAN, "negative": "trailing"},
        {"1.234,56-": "-1234.56", "987,00 -": "-987", "5+": "5", "-5": "-5", "-5-": None, "--5": None, "5--": None},
    ),
    (
        {**ENGLISH, "negative": "parentheses"},
        {"(1,234.50)": "-1234.5", "( 5 )": "-5", "-5": "-5", "(5": None, "(-5)": None, "()": None, "5-": None},
    ),
    (
        {**GERMAN, "currency": "strip"},
        {
            **{"€ 7,50": "7.5", "7,50 €": "7.5", "7,50\u00a0EUR": "7.5", "-€7": "-7", "€ -7": "-7", "US$ 5": "5"},
            **{"CHF 5": "5", "7": "7", "€": None, "€5€": None, "5 kg": None, "5 %": None, "5 € netto": None},
        },
    ),
    ({**ENGLISH, "currency": ["kr", "Fr."]}, {"5 kr": "5", "Fr.5": "5", "Fr. 1,000.5": "1000.5", "€ 5": None}),
    ({**GERMAN, "percent": "strip"}, {"12,5 %": "12.5", "12,5%": "12.5", "-3 %": "-3", "7": "7", "%": None}),
    ({**GERMAN, "percent": "fraction"}, {"12,5 %": "0.125", "-3%": "-0.03", "7.000 %": "70", "7": None, "0,07": None}),
    (
        {**ENGLISH, "currency": "strip", "negative": "parentheses"},
        {"($1,234.50)": "-1234.5", "$(5)": "-5", "(5) USD": "-5", "$5": "5"},
    ),
]


@pytest.mark.parametrize(("number", "readings"), OPTIONS, ids=str)
def test_a_number_is_read_as_its_column_says(
    tmp_path: Path, number: dict[str, object], readings: dict[str, str | None]
) -> None:
    validated = read(tmp_path, list(readings), number)
    assert not validated.refused
    found = dict(zip(readings, validated.of("n"), strict=True))
    assert found == {text: None if value is None else Decimal(value) for text, value in readings.items()}
    bad = [n for n, value in enumerate(readings.values(), start=1) if value is None]
    assert validated.reasons() == {n: ["n:type"] for n in bad}


def test_what_stands_around_a_number_proves_nothing_of_its_sign(tmp_path: Path) -> None:
    assert (
        "7.000 in n, which may be 7000 or 7"
        in read(tmp_path / "a", ["€ 7.000"], {"currency": "strip"}).refused[0].found
    )
    assert read(tmp_path / "b", ["€ 7.000", "7,5 €"], {"currency": "strip"}).of("n") == [7000, Decimal("7.5")]


def test_the_pin_of_a_column_goes_before_that_of_the_file(tmp_path: Path) -> None:
    columns = (column(thousands="."), {"name": "m", "logicalType": "number"})
    contract = contract_of(tmp_path / "c", *columns, format={"kind": "csv", "delimiter": ";", "decimal": "."})
    validated = validate_bytes(tmp_path, contract, b"n;m\n7.000;7.000\n")
    assert (validated.of("n"), validated.of("m")) == ([7000], [7])


def test_a_quarantined_number_is_kept_as_it_came(tmp_path: Path) -> None:
    (row,) = read(tmp_path, ["€ 5 and more"], {"currency": "strip"}).rows
    assert row.raw == {"n": "€ 5 and more"}


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ({"thousands": "_"}, "n: number.thousands"),
        ({"negative": "red"}, "n: number.negative"),
        ({"currency": []}, "n: number.currency"),
        ({"currency": ["-"]}, "n: number.currency"),
        ({"percent": "promille"}, "n: number.percent"),
        ({"sign": "+"}, "n: number.sign"),
    ],
)
def test_an_option_that_is_none_is_a_bad_contract(tmp_path: Path, number: dict[str, object], found: str) -> None:
    with pytest.raises(BadContract, match=f"the dropzone block of {found}"):
        contract_of(tmp_path, column(**number))


def test_only_a_column_of_numbers_has_them(tmp_path: Path) -> None:
    with pytest.raises(BadContract, match="n: `number` needs logicalType integer or number"):
        contract_of(tmp_path, {**column(thousands=","), "logicalType": "string", "physicalType": None})


def parquet_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), out)
    return out.getvalue()


def avro_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = BytesIO()
    fields = [{"name": "n", "type": "double"}, {"name": "m", "type": ["string", "double"]}]
    fastavro.writer(out, {"type": "record", "name": "r", "fields": fields}, rows)
    return out.getvalue()


def json_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(rows).encode()


HOW: list[dict[str, object]] = [{"currency": "strip"}, {"thousands": "."}, {"negative": "parentheses"}]


@pytest.mark.parametrize("made", [parquet_of, avro_of, json_of])
@pytest.mark.parametrize("how", HOW, ids=str)
def test_what_is_a_number_in_the_file_is_that_number_however_texts_are_written(
    tmp_path: Path, made: Callable[[Sequence[Mapping[str, Any]]], bytes], how: Mapping[str, object]
) -> None:
    kind = made.__name__.removesuffix("_of")
    contract = contract_of(tmp_path / "c", column(**how), {**column(thousands="."), "name": "m"}, format={"kind": kind})
    rows = [{"n": 1.234, "m": "7.000"}, {"n": -12.345, "m": "1.234,5"}, {"n": 1500.0, "m": "7.000"}]
    validated = validate_bytes(tmp_path, contract, made(rows))
    assert not validated.refused and not validated.reasons()
    assert validated.of("n") == [Decimal("1.234"), Decimal("-12.345"), Decimal(1500)]
    assert validated.of("m") == [Decimal(7000), Decimal("1234.5"), Decimal(7000)]
