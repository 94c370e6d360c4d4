"""Each rule of a contract is one reason on the row that breaks it; values are canonical before they are validated."""

from pathlib import Path
from typing import Any

import pytest

from tests.cases.validated import Validated, contract_of, validate_bytes

OPTIONS = [
    ("integer", {"minimum": 3}, ["3", "4"], ["2", "-4"]),
    ("integer", {"maximum": 3}, ["3", "-9"], ["4"]),
    ("integer", {"exclusiveMinimum": 3}, ["4"], ["3", "2"]),
    ("integer", {"exclusiveMaximum": 3}, ["2"], ["3", "4"]),
    ("integer", {"multipleOf": 5}, ["0", "-10", "15"], ["1", "14"]),
    ("number", {"minimum": 0}, ["0", "-0", "1e300"], ["-0.001", "-1e300"]),
    ("number", {"multipleOf": 0.1}, ["0.3", "1e3", "-7.7"], ["0.35", "0.01"]),
    ("date", {"minimum": "2024-01-01"}, ["2024-01-01"], ["2023-12-31"]),
    ("timestamp", {"exclusiveMaximum": "2024-01-02T00:00:00Z"}, ["2024-01-01T23:59:59.999999"], ["2024-01-02"]),
    ("timestamp", {"minimum": "2024-01-02T00:00:00+02:00"}, ["2024-01-01T22:00:00Z"], ["2024-01-01T21:59:59Z"]),
    ("string", {"minLength": 2}, ["ab", "ÄÖ", "🚀🚀"], ["a", "Ä", "🚀"]),
    ("string", {"maxLength": 2}, ["ab", "🚀🚀"], ["abc"]),
    ("string", {"pattern": "^[A-Z]{2}$"}, ["AB"], ["ab", "ABC", "AB\nAB"]),
    ("string", {"pattern": "b"}, ["abc"], ["ac"]),
    ("string", {"pattern": "^{text}'\"$"}, ["{text}'\""], ["_t0'\""]),
    ("string", {"minimum": "b"}, ["b", "c"], ["a"]),
    ("array", {"minItems": 1}, ["[1]"], ["[]"]),
    ("array", {"maxItems": 1}, ["[1]", "[]"], ["[1,2]"]),
    ("object", {"minProperties": 1}, ['{"a":1}'], ["{}"]),
    ("object", {"maxProperties": 1}, ['{"a":1}', "{}"], ['{"a":1,"b":2}']),
]


def cell(text: str) -> str:
    """A text as CSV writes it."""
    return '"' + text.replace('"', '""') + '"'


def validate_column(folder: Path, column: dict[str, Any], *texts: str, **block: Any) -> Validated:
    """What becomes of texts in a column `a`."""
    contract = contract_of(folder / "contracts", {"name": "a", **column}, **block)
    return validate_bytes(folder, contract, "\n".join(["a", *map(cell, texts), ""]).encode())


@pytest.mark.parametrize(
    ("kind", "options", "good", "bad"), OPTIONS, ids=[f"{k}-{next(iter(o))}" for k, o, _, _ in OPTIONS]
)
def test_an_option_refuses_what_it_names_and_nothing_else(
    tmp_path: Path, kind: str, options: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    validated = validate_column(tmp_path, {"logicalType": kind, "logicalTypeOptions": options}, *good, *bad, "")
    (option,) = options
    assert validated.reasons() == {n: [f"a:{option}"] for n in range(len(good) + 1, len(good) + len(bad) + 1)}


def test_a_required_value_is_there(tmp_path: Path) -> None:
    validated = validate_column(tmp_path, {"required": True}, "x", "", " ", "\t", "\xa0", "0", missing=["n/a"])
    assert validated.reasons() == {n: ["a:required"] for n in (2, 3, 4, 5)}


def test_a_missing_value_breaks_no_other_rule(tmp_path: Path) -> None:
    column = {"logicalType": "integer", "logicalTypeOptions": {"minimum": 3}, "enum": [{"value": 4}], "required": True}
    assert validate_column(tmp_path, column, "", "4").reasons() == {1: ["a:required"]}


def test_a_text_that_is_no_value_is_neither_missing_nor_validated_further(tmp_path: Path) -> None:
    column = {"logicalType": "integer", "logicalTypeOptions": {"minimum": 3}, "enum": [{"value": 4}], "required": True}
    assert validate_column(tmp_path, column, "four", "4").reasons() == {1: ["a:type"]}


def test_every_broken_rule_is_a_reason_in_the_order_of_the_contract(tmp_path: Path) -> None:
    contract = contract_of(
        tmp_path / "contracts",
        {"name": "b", "required": True},
        {"name": "a", "logicalType": "integer", "logicalTypeOptions": {"minimum": 3, "multipleOf": 2}},
        {"name": "c", "logicalType": "date", "logicalTypeOptions": {"maximum": "2024-01-01"}},
    )
    validated = validate_bytes(tmp_path, contract, b"a,b,c\n1,,2025-01-01\nx,,x\n4,b,2023-01-01\n")
    assert validated.reasons() == {
        1: ["b:required", "a:minimum", "a:multipleOf", "c:maximum"],
        2: ["b:required", "a:type", "c:type"],
    }


@pytest.mark.parametrize(
    ("kind", "values", "good", "bad"),
    [
        ("string", ["A", "b'"], ["A", "b'"], ["a", "B"]),
        ("integer", [1, 2], ["1", "2.0"], ["3"]),
        ("date", ["2024-01-01"], ["2024-1-1"], ["2024-01-02"]),
        ("string", ["A", None], ["A"], ["B"]),
    ],
)
def test_an_enum_lists_what_may_be(
    tmp_path: Path, kind: str, values: list[Any], good: list[str], bad: list[str]
) -> None:
    column = {"logicalType": kind, "enum": [{"value": value} for value in values]}
    validated = validate_column(tmp_path, column, *good, *bad)
    assert validated.reasons() == {n: ["a:enum"] for n in range(len(good) + 1, len(good) + len(bad) + 1)}


def values(mapping: dict[Any, Any]) -> dict[str, Any]:
    """A column with a value map."""
    return {"customProperties": [{"property": "dropzone", "value": {"values": mapping}}]}


def test_a_value_map_makes_one_spelling_of_many(tmp_path: Path) -> None:
    column = values({"USD": ["US$", "us dollar"], "EUR": [" € "], "Straße": [], "O'N{t}": ["ΟΔΟΣ"]})
    validated = validate_column(
        tmp_path, column, " usd ", "US$", "Us Dollar", "€", "STRAßE", "straße", "o'n{T}", "οδοσ", "ΟΔΟΣ", "GBP", ""
    )
    assert validated.of("a")[:9] == ["USD"] * 3 + ["EUR"] + ["Straße"] * 2 + ["O'N{t}"] * 3
    assert validated.reasons() == {10: ["a:enum"]}
    assert validated.rows[9].raw == {"a": "GBP"}


def test_a_time_that_comes_twice_or_never_has_a_reason_of_its_own(tmp_path: Path) -> None:
    column = {"logicalType": "timestamp", "required": True, "logicalTypeOptions": {"defaultTimezone": "Europe/Berlin"}}
    texts = ("2024-10-27 02:30", "2024-03-31 02:30", "2024-10-27 02:30+02", "noon", "", "2024-05-01 10:00")
    assert validate_column(tmp_path, column, *texts).reasons() == {
        1: ["a:ambiguous-time"],
        2: ["a:no-such-time"],
        4: ["a:type"],
        5: ["a:required"],
    }


def test_a_date_that_two_formats_read_differently_has_a_reason_of_its_own(tmp_path: Path) -> None:
    own = {"property": "dropzone", "value": {"formats": ["{dd/MM/yyyy}", "{MM/dd/yyyy}"]}}
    column = {"name": "{a}", "logicalType": "date", "customProperties": [own]}
    validated = validate_columns(tmp_path, "{a}\n{01/02/2024}\n{13/02/2024}\n13/02/2024\n", column)
    assert validated.reasons() == {1: ["{a}:ambiguous-date"], 3: ["{a}:type"]}


def test_yaml_may_write_values_without_quotes(tmp_path: Path) -> None:
    validated = validate_column(
        tmp_path, values({True: ["on", 1], False: "off", "NONE": None}), "1", "OFF", "none", "true"
    )
    assert validated.of("a") == ["True", "False", "NONE", "True"]


def test_texts_that_mean_no_value_are_missing(tmp_path: Path) -> None:
    column = {"logicalType": "integer", "required": True}
    validated = validate_column(tmp_path, column, "1", "NA", " NA ", "na", "", missing=["NA"])
    assert validated.reasons() == {2: ["a:required"], 3: ["a:required"], 4: ["a:type"], 5: ["a:required"]}


def validate_columns(folder: Path, content: str, *columns: dict[str, Any], **block: Any) -> Validated:
    """What becomes of one file of a table with these columns."""
    return validate_bytes(folder, contract_of(folder / "contracts", *columns, **block), content.encode())


def test_a_transform_makes_a_column_the_file_does_not_have(tmp_path: Path) -> None:
    made = {"name": "day", "logicalType": "date", "transformLogic": "TRY(make_date(y, m, 1))", "required": True}
    validated = validate_columns(
        tmp_path,
        "y,m\n2024,2\n2024,13\n2024,x\n",
        {"name": "y", "logicalType": "integer"},
        {"name": "m", "logicalType": "integer"},
        made,
    )
    assert str(validated.of("day")[0]) == "2024-02-01"
    assert validated.reasons() == {2: ["day:required"], 3: ["m:type", "day:required"]}


def test_a_transform_that_names_its_own_column_changes_it(tmp_path: Path) -> None:
    column = {"transformLogic": "upper(a)", "logicalTypeOptions": {"pattern": "^A"}}
    validated = validate_column(tmp_path, column, "ab", "xb", "")
    assert validated.of("a") == ["AB", "XB", None]
    assert validated.reasons() == {2: ["a:pattern"]}
    assert validated.rows[1].raw == {"a": "xb"}


def test_a_transform_may_build_on_another(tmp_path: Path) -> None:
    validated = validate_columns(
        tmp_path,
        "a\nx\n",
        {"name": "a"},
        {"name": "b", "transformLogic": "upper(a)"},
        {"name": "c", "transformLogic": "b || '!'"},
    )
    assert validated.of("c") == ["X!"]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("2013-01-01", []),
        ("2012-12-31", ["a:partition"]),
        ("2999-01-01", ["a:partition"]),
        ("", ["a:required"]),
        ("x", ["a:type"]),
    ],
)
def test_a_data_date_has_a_partition(tmp_path: Path, text: str, reasons: list[str]) -> None:
    validated = validate_column(tmp_path, {"logicalType": "date", "partitioned": True}, text)
    assert validated.rows[0].reasons == reasons


STRANGE = ["a b", 'a"b', "a'b", "a{b}", "{text}", "a.b", "SELECT", "é", "c0", "record", "content", "j", "b", "lake"]


@pytest.mark.parametrize("name", STRANGE)
def test_a_column_may_have_any_name(tmp_path: Path, name: str) -> None:
    column = {"name": name, "logicalType": "integer", "required": True, "logicalTypeOptions": {"minimum": 3}}
    content = f"{cell(name)},other\n5,x\n1,y\n,z\nq,z\n"
    validated = validate_columns(tmp_path, content, column, {"name": "other"})
    assert validated.of(name) == [5, 1, None, None]
    assert validated.reasons() == {2: [f"{name}:minimum"], 3: [f"{name}:required"], 4: [f"{name}:type"]}
    assert validated.rows[1].raw == {name: "1", "other": "y"}


def test_a_row_of_a_table_without_rules_is_valid(tmp_path: Path) -> None:
    assert not validate_column(tmp_path, {}, "x", "", "y").reasons()
