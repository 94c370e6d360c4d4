"""What a contract computes sees typed values by their names, its own text as `_text`; what fails costs its row."""

from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.contracts import sentences
from dropzone_assets.errors import BadContract
from tests.cases.validated import Validated, contract_of, validate_bytes

AMOUNT = {"name": "n", "logicalType": "number", "physicalType": "DECIMAL(12,2)"}


def validate(folder: Path, content: str, *columns: dict[str, Any], **block: Any) -> Validated:
    """What becomes of one file of a table with these columns."""
    return validate_bytes(folder, contract_of(folder / "c", *columns, **block), content.encode())


@pytest.mark.parametrize("name", ["_text", '"_text"', "_TEXT"])
def test_the_own_text_is_what_came(tmp_path: Path, name: str) -> None:
    column = {**AMOUNT, "transformLogic": f"TRY_CAST(replace({name}, 'about ', '') AS DECIMAL(12,2))"}
    validated = validate(tmp_path, "n\nabout 5\n6.5\n\nx\n", column, {"name": "k"})
    assert validated.of("n") == [5, 6.5, None, None]
    assert validated.reasons() == {4: ["n:type"]}


def test_the_typed_value_is_there_beside_the_text(tmp_path: Path) -> None:
    column = {**AMOUNT, "transformLogic": "CASE WHEN _text LIKE '%K' THEN 1000 * left(_text, -1)::INT ELSE n END"}
    assert validate(tmp_path, "n\n7K\n1.5\n", column).of("n") == [7000, 1.5]


def test_a_number_that_may_be_two_is_not_replaced_but_asked_for(tmp_path: Path) -> None:
    column = {"name": "n", "logicalType": "number", "transformLogic": "coalesce(n, 0)"}
    assert "which may be 7000 or 7" in validate(tmp_path / "a", "n\n7.000\n", column).refused[0].found
    assert validate(tmp_path / "b", "n;k\n7.000;1\n1,5;2\n", column).of("n") == [7000, 1.5]
    text = {**column, "transformLogic": "TRY_CAST(replace(_text, '.', '') AS DOUBLE)"}
    assert validate(tmp_path / "c", "n\n7.000\n", text).of("n") == [7000]


def test_a_text_in_quotes_is_no_name(tmp_path: Path) -> None:
    column = {"name": "a", "transformLogic": "a || '_text' || ' it''s _text'"}
    assert validate(tmp_path, "a\nx\n", column).of("a") == ["x_text it's _text"]


def test_a_missing_text_is_none(tmp_path: Path) -> None:
    column = {"name": "a", "transformLogic": "coalesce(_text, 'none')"}
    assert validate(tmp_path, "a,b\n-,1\nx,2\n", column, missing=["-"]).of("a") == ["none", "x"]


WHOLE = {"name": "b", "logicalType": "integer", "transformLogic": "CAST(a AS INTEGER)"}
JOINED = {**WHOLE, "transformLogic": "c - c + CAST(a AS INTEGER)"}

FAILING: dict[str, list[dict[str, Any]]] = {
    "derived": [{"name": "a"}, WHOLE],
    "replaced": [{**WHOLE, "transformLogic": "CAST(_text AS INTEGER)"}],
    "required": [{"name": "a"}, {**WHOLE, "required": True}],
    "of others": [
        {"name": "a", "transformLogic": "a || ''"},
        {"name": "c", "logicalType": "integer", "transformLogic": "length(a)"},
        JOINED,
    ],
}


@pytest.mark.parametrize("columns", FAILING.values(), ids=FAILING)
def test_a_row_for_which_the_sql_fails_is_quarantined_alone(tmp_path: Path, columns: list[dict[str, Any]]) -> None:
    first = columns[0]["name"]
    contract = contract_of(tmp_path / "c", *columns)
    validated = validate_bytes(tmp_path, contract, f"{first}\n1\nabc\n3\n".encode(), f"{first}\n5\n".encode())
    assert not validated.refused
    assert [row.values["b"] for row in validated.rows if not row.reasons] == [1, 3, 5]
    assert validated.reasons() == {2: ["b:transform"]}
    assert validated.rows[1].raw == {first: "abc"}
    assert "CAST(" in sentences(contract)["b:transform"] and "TRY_CAST" in sentences(contract)["b:transform"]


def test_where_no_row_can_be_told_apart_the_file_fails_and_names_the_column(tmp_path: Path) -> None:
    column = {"name": "b", "logicalType": "integer", "transformLogic": "CAST(_text AS INTEGER) + 0 * random()::INT"}
    contract = contract_of(tmp_path / "c", column)
    validated = validate_bytes(tmp_path, contract, b"b\n1\n", b"b\nabc\n", b"b\n2\n")
    assert list(validated.refused) == [1]
    assert "'abc'" in validated.refused[1].found and "SELECT" not in str(validated.refused[1])
    assert "transformLogic of b" in validated.refused[1].cure and "TRY_CAST" in validated.refused[1].cure


@pytest.mark.parametrize(
    ("logic", "found", "cure"),
    [
        ("replace(n, ',', '')", "No function matches", "n is a DECIMAL(12,2); the text as it came is `_text`"),
        ("upper(", "syntax error", "upper("),
        ("_text || amount", '"amount" not found', "_text || amount"),
    ],
)
def test_sql_that_cannot_be_run_names_the_column_and_the_cure(
    tmp_path: Path, logic: str, found: str, cure: str
) -> None:
    with pytest.raises(BadContract) as refusal:
        contract_of(tmp_path, {**AMOUNT, "transformLogic": logic}, {"name": "k"})
    assert refusal.value.found.startswith("t.odcs.yaml: the transformLogic of n cannot be run: ")
    assert found in refusal.value.found and cure in refusal.value.cure
    assert not {"SELECT", "LINE", "_t0"} & set(str(refusal.value).split())


def test_a_derived_column_has_no_text_of_its_own(tmp_path: Path) -> None:
    block = [{"property": "dropzone", "value": {"missing": ["NA"]}}]
    with pytest.raises(BadContract, match="b is computed of other columns, so it has no text"):
        contract_of(tmp_path, {"name": "a"}, {"name": "b", "transformLogic": "upper(a)", "customProperties": block})


def missing(*texts: str) -> dict[str, Any]:
    """The properties of a column with missing texts of its own."""
    return {"customProperties": [{"property": "dropzone", "value": {"missing": [*texts]}}]}


@pytest.mark.parametrize(
    ("own", "missing_here"),
    [(None, ["-"]), (missing("NA"), ["-", "NA"]), (missing(), [])],
)
def test_a_column_has_missing_texts_beside_the_contracts(
    tmp_path: Path, own: dict[str, Any] | None, missing_here: list[str]
) -> None:
    texts = ["-", "NA", "", "x"]
    content = "k,a\n" + "".join(f"1,{text}\n" for text in texts)
    validated = validate(tmp_path, content, {"name": "k"}, {"name": "a", **(own or {})}, missing=["-"])
    assert validated.of("a") == [None if text in ("", *missing_here) else text for text in texts]


def test_what_is_missing_in_one_column_is_a_value_in_another(tmp_path: Path) -> None:
    qty = {"name": "qty", "logicalType": "number", **missing("NA", "N/A")}
    validated = validate(tmp_path, "alpha2,qty\nNA,1\nAT,NA\nDE,N/A\n", {"name": "alpha2", "required": True}, qty)
    assert (validated.of("alpha2"), validated.of("qty")) == (["NA", "AT", "DE"], [1, None, None])
    assert not validated.reasons()
