"""A quality rule is one number asked of a lake partition, and the bound it must keep."""

from pathlib import Path
from typing import Any

import pytest

from dropzone_assets import engine
from dropzone_assets.contracts import QualityRule, load_contract
from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format
from tests.cases.validated import FIRST_DAY, describe, write

LAKE = "CREATE TABLE lake AS SELECT * FROM (VALUES ('a', 1), ('a', 1), ('b', NULL), (NULL, NULL), ('?', 5)) t(id, n)"


def rules(folder: Path, *of_table: dict[str, Any], of_column: dict[str, Any] | None = None) -> tuple[QualityRule, ...]:
    """The quality rules of a table with the columns id and n."""
    column: dict[str, Any] = {"name": "id", "quality": [of_column] if of_column else []}
    document = describe(column, {"name": "n", "logicalType": "integer"})
    document["schema"][0]["quality"] = list(of_table)
    return load_contract(write(folder, document), FIRST_DAY, open_format)[0].quality


def ask(rule: QualityRule) -> tuple[float, bool]:
    """The number of a rule, and whether its bound is kept."""
    with engine.connect() as connection:
        connection.execute(LAKE)
        ((number, kept),) = engine.rows(connection, f"SELECT n, {rule.kept} FROM ({rule.number}) AS asked(n)")
    return float(number), kept


OF_TABLE = [
    ({"metric": "rowCount"}, 5),
    ({"rule": "rowCount"}, 5),
    ({"metric": "duplicateValues", "arguments": {"properties": ["id", "n"]}}, 1),
    ({"type": "sql", "query": "SELECT count(*) FROM {object} WHERE n > 1;"}, 1),
    ({"type": "sql", "query": "SELECT count(*) FROM ${table}"}, 5),
]

OF_COLUMN = [
    ({"metric": "nullValues"}, 1),
    ({"metric": "nullValues", "unit": "percent"}, 20),
    ({"metric": "missingValues", "arguments": {"missingValues": [None, "?", "b'"]}}, 2),
    ({"metric": "duplicateValues"}, 2),
    ({"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}}, 1),
    ({"metric": "invalidValues", "arguments": {"pattern": "^[a-z']$"}}, 1),
    ({"type": "sql", "query": "SELECT max({property}) = '?' FROM {object}"}, 0),
]


@pytest.mark.parametrize(("rule", "number"), OF_TABLE)
def test_a_rule_of_a_table_asks_its_number(tmp_path: Path, rule: dict[str, Any], number: float) -> None:
    (found,) = rules(tmp_path, {**rule, "mustBe": number})
    assert ask(found) == (number, True)


@pytest.mark.parametrize(("rule", "number"), OF_COLUMN)
def test_a_rule_of_a_column_asks_its_number(tmp_path: Path, rule: dict[str, Any], number: float) -> None:
    (found,) = rules(tmp_path, of_column={**rule, "mustBe": number})
    assert ask(found) == (number, True)


@pytest.mark.parametrize(
    ("bound", "kept"),
    [
        ({"mustBe": 5}, True),
        ({"mustBe": 4}, False),
        ({"mustNotBe": 4}, True),
        ({"mustNotBe": 5}, False),
        ({"mustBeGreaterThan": 4}, True),
        ({"mustBeGreaterThan": 5}, False),
        ({"mustBeGreaterOrEqualTo": 5}, True),
        ({"mustBeGreaterOrEqualTo": 6}, False),
        ({"mustBeLessThan": 6}, True),
        ({"mustBeLessThan": 5}, False),
        ({"mustBeLessOrEqualTo": 5}, True),
        ({"mustBeLessOrEqualTo": 4}, False),
        ({"mustBeBetween": [5, 9]}, True),
        ({"mustBeBetween": [6, 9]}, False),
        ({"mustNotBeBetween": [6, 9]}, True),
        ({"mustNotBeBetween": [5, 9]}, False),
        ({"mustBeGreaterThan": 4, "mustBeLessThan": 5}, False),
        ({"mustBe": 0}, False),
    ],
)
def test_every_bound_is_kept_or_broken(tmp_path: Path, bound: dict[str, Any], kept: bool) -> None:
    (rule,) = rules(tmp_path, {"metric": "rowCount", **bound})
    assert ask(rule) == (5, kept)


@pytest.mark.parametrize(
    ("severity", "severe"),
    [(None, True), ("error", True), ("CRITICAL", True), ("warning", False), ("info", False)],
)
def test_a_rule_is_an_error_unless_it_says_warning(tmp_path: Path, severity: str | None, severe: bool) -> None:
    (rule,) = rules(tmp_path, {"metric": "rowCount", "mustBe": 5, "severity": severity})
    assert rule.severe is severe


def test_every_rule_has_a_name_of_its_own(tmp_path: Path) -> None:
    rule = {"metric": "rowCount", "mustBe": 5}
    of_column = {"metric": "nullValues", "mustBe": 5}
    found = rules(tmp_path, rule, rule, {**rule, "name": "Rows: as usual?"}, of_column=of_column)
    assert [each.name for each in found] == [
        "quality_rowcount",
        "quality_rowcount_2",
        "quality_rows_as_usual",
        "quality_id_nullvalues",
    ]


def test_a_rule_for_people_is_not_asked(tmp_path: Path) -> None:
    assert rules(tmp_path, {"type": "text", "description": "Looks good."}) == ()


@pytest.mark.parametrize(
    "rule",
    [
        {"metric": "nullValues"},
        {"metric": "duplicateValues"},
        {"metric": "duplicateValues", "arguments": {"properties": "id"}},
        {"metric": "duplicateValues", "arguments": {"properties": [["id"]]}},
        {"metric": "duplicateValues", "arguments": {"properties": ["ident"]}},
        {"type": "sql"},
        {"type": "sql", "query": "SELECT 1 FROM sea"},
        {"type": "custom", "engine": "soda"},
        {"type": "library"},
    ],
)
def test_a_question_that_cannot_be_asked_is_a_bad_contract(tmp_path: Path, rule: dict[str, Any]) -> None:
    with pytest.raises(BadContract):
        rules(tmp_path, {**rule, "mustBe": 0})
    with pytest.raises(BadContract):
        rules(tmp_path, of_column={"metric": "invalidValues", "mustBe": 0})
