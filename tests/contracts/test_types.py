"""Text becomes exactly one value of its logical type, or none and a reason; nothing is guessed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropzone_assets.contracts.types import duckdb_type
from dropzone_assets.errors import BadContract
from tests.cases.values import read

NO = None
MONEY = "DECIMAL(18,2)"

INTEGERS = [
    ("0", 0),
    ("-0", 0),
    ("42", 42),
    ("-42", -42),
    ("+42", 42),
    ("007", 7),
    ("517.0", 517),
    ("517.", 517),
    ("1e3", 1000),
    ("1E+3", 1000),
    ("10e-1", 1),
    ("9223372036854775807", 2**63 - 1),
    ("-9223372036854775808", -(2**63)),
    ("9007199254740993", 2**53 + 1),
    ("9223372036854775808", NO),
    ("1.5", NO),
    ("0.5", NO),
    ("1e-1", NO),
    ("0.0000000000000000001", NO),
    ("1_000", NO),
    ("1,000", NO),
    ("1 000", NO),
    ("0x10", NO),
    ("0b1", NO),
    ("nan", NO),
    ("inf", NO),
    ("infinity", NO),
    ("true", NO),
    ("--1", NO),
    ("-", NO),
    ("1a", NO),
    ("１", NO),
    ("٣", NO),
    ("9" * 400, NO),
]


@pytest.mark.parametrize(("text", "value"), INTEGERS)
def test_an_integer_is_whole_and_exact(text: str, value: int | None) -> None:
    assert read(text, "integer") == value


@pytest.mark.parametrize(
    ("physical", "text", "value"),
    [
        ("TINYINT", "127", 127),
        ("TINYINT", "128", NO),
        ("utinyint", "255", 255),
        ("utinyint", "-1", NO),
        ("INT", "2147483647", 2**31 - 1),
        ("INT", "2147483648", NO),
        ("UBIGINT", "18446744073709551615", 2**64 - 1),
        ("HUGEINT", "170141183460469231731687303715884105727", 2**127 - 1),
    ],
)
def test_an_integer_fits_its_physical_type(physical: str, text: str, value: int | None) -> None:
    assert read(text, "integer", physical) == value


NUMBERS = [
    ("1", 1.0),
    ("-1.5", -1.5),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e3", 1000.0),
    ("-1E-3", -0.001),
    ("0.1", 0.1),
    ("nan", NO),
    ("NaN", NO),
    ("inf", NO),
    ("-Infinity", NO),
    ("1e309", NO),
    ("1_000", NO),
    ("1,5", NO),
    ("0x10", NO),
    ("1f", NO),
    ("12.50 USD", NO),
    ("€5", NO),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_is_finite(text: str, value: float | None) -> None:
    assert read(text, "number") == value
    assert read(text, "number", "FLOAT") == value


DECIMALS = [
    (MONEY, "12.34", "12.34"),
    (MONEY, "12.340", "12.34"),
    (MONEY, "12", "12"),
    (MONEY, "-.5", "-0.5"),
    (MONEY, "1e3", "1000"),
    (MONEY, "1e-2", "0.01"),
    (MONEY, "9999999999999999.99", "9999999999999999.99"),
    (MONEY, "10000000000000000", NO),
    (MONEY, "12.345", NO),
    (MONEY, "12.344", NO),
    (MONEY, "0.001", NO),
    (MONEY, "1e-3", NO),
    (MONEY, "1e16", NO),
    (MONEY, "1_000", NO),
    (MONEY, "1,50", NO),
    (MONEY, "0x1F", NO),
    (MONEY, "nan", NO),
    (MONEY, "inf", NO),
    (MONEY, "", NO),
    ("NUMERIC(4, 1)", "999.9", "999.9"),
    ("NUMERIC(4, 1)", "1000", NO),
    ("DECIMAL(38,0)", "1" * 38, "1" * 38),
    ("DECIMAL(38,0)", "0.5", NO),
    ("DECIMAL(38,0)", "7.0", "7"),
    ("DECIMAL(38,38)", "0." + "1" * 38, "0." + "1" * 38),
    ("DECIMAL(37,0)", "0.04", NO),
]


@pytest.mark.parametrize(("physical", "text", "value"), DECIMALS)
def test_a_decimal_is_never_rounded(physical: str, text: str, value: str | None) -> None:
    assert read(text, "number", physical) == (None if value is None else Decimal(value))


@given(cents=st.integers(-(10**18) + 1, 10**18 - 1), zeros=st.integers(0, 3))
def test_every_amount_is_read_as_written(cents: int, zeros: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    assert read(f"{amount:f}{'0' * zeros}", "number", MONEY) == amount


@given(text=st.from_regex(r"[+-]?[0-9]{0,22}\.?[0-9]{0,22}([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_a_decimal_is_the_number_of_its_text_or_none(text: str) -> None:
    found = read(text, "number", MONEY)
    if found is not None:
        assert abs(Fraction(found) - Fraction(text)) < Fraction(1, 10**20)


@given(text=st.text(st.sampled_from("0123456789+-.,eE_ xnaif"), max_size=12))
def test_an_integer_is_the_number_of_its_text_or_none(text: str) -> None:
    found = read(text.strip(), "integer")
    assert found is None or found == Fraction(text.strip())


BOOLEANS = [
    ("true", True),
    ("FALSE", False),
    ("t", True),
    ("f", False),
    ("yes", True),
    ("No", False),
    ("1", True),
    ("0", False),
    ("2", NO),
    ("on", NO),
    ("maybe", NO),
    ("null", NO),
]


@pytest.mark.parametrize(("text", "value"), BOOLEANS)
def test_a_boolean_is_said_plainly(text: str, value: bool | None) -> None:
    assert read(text, "boolean") is value


@pytest.mark.parametrize(
    ("logical", "text", "kept"),
    [
        ("object", "{}", True),
        ("object", '{"a": [1, {"b": null}]}', True),
        ("object", "[1]", False),
        ("object", "7", False),
        ("object", "null", False),
        ("object", '{"a": 1', False),
        ("object", "not json", False),
        ("array", "[]", True),
        ("array", '[1, "x"]', True),
        ("array", "{}", False),
        ("array", "1,2", False),
    ],
)
def test_an_object_is_an_object(logical: str, text: str, kept: bool) -> None:
    assert read(text, logical) == (text if kept else None)


def test_a_string_is_its_text() -> None:
    assert read("'; DROP TABLE x; -- {text}", "string") == "'; DROP TABLE x; -- {text}"


@pytest.mark.parametrize(
    ("logical", "physical"),
    [
        ("text", None),
        ("", None),
        ("integer", "VARCHAR"),
        ("integer", "DECIMAL(18,2)"),
        ("number", "BIGINT"),
        ("date", "TIMESTAMP"),
        ("timestamp", "TIMESTAMPTZ"),
        ("string", "BLOB"),
        ("object", "STRUCT(a INTEGER)"),
        ("integer", "INTEGER; DROP TABLE x"),
    ],
)
def test_a_type_that_does_not_hold_the_values_is_a_bad_contract(logical: str, physical: str | None) -> None:
    with pytest.raises(BadContract, match="Use"):
        duckdb_type(logical, physical)
