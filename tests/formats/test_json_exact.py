"""JSON's numbers keep their digits, what is no JSON is not read as some, and no name means two things."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases.validated import Validated, contract_of, validate_bytes

FORMS = ("an array", "lines", "below a path", "one object")


def read(folder: Path, form: str, *records: str, kind: str = "string", **options: Any) -> Validated:
    """What becomes of records with the columns id and v, in one of the forms a file may have."""
    columns = [{"name": "id"}, {"name": "v", **({"logicalType": kind} if "(" not in kind else _decimal(kind))}]
    options |= {"below a path": {"records": "a.rows"}, "one object": {"shape": "any"}, "lines": {"lines": True}}.get(
        form, {}
    )
    contract = contract_of(folder / "c", *columns, format={"kind": "json", **options})
    listed = ", ".join(records)
    content = {
        "an array": f"[{listed}]",
        "lines": "\n".join([*records, ""]),
        "below a path": f'{{"a": {{"rows": [{listed}]}}}}',
        "one object": records[0],
    }[form]
    return validate_bytes(folder, contract, content.encode())


def _decimal(kind: str) -> dict[str, str]:
    return {"logicalType": "number", "physicalType": kind}


NUMBERS = (
    *("1.10", "1.00", "0.0", "-0", "-0.0", "1E30", "1e+5", "2.5e-7", "0.000001", "100.50", "12.5", "7", "1e400"),
    *("1234567890123456.78", "0.1234567890123456789012", "123456789012345678901234567890.12"),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_its_digits_as_text(tmp_path: Path, form: str, number: str) -> None:
    after = '{"id": "x, 1.10, \\" 2.20]", "v": 3}'
    validated = read(tmp_path, form, f'{{"v": {number}, "id": "a\\\\"}}', after)
    assert validated.of("v")[0] == number
    assert validated.of("id") == ["a\\", 'x, 1.10, " 2.20]'][: len(validated.rows)]


@settings(max_examples=15, deadline=None)
@given(
    numbers=st.lists(st.from_regex(r"-?(0|[1-9][0-9]{0,20})([.][0-9]{1,20})?([eE][-+]?[0-9]{1,2})?", fullmatch=True)),
    text=st.text(),
    form=st.sampled_from(FORMS[:3]),
)
def test_whatever_stands_beside_them_numbers_keep_their_digits(
    numbers: list[str], text: str, form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records = [f'{{"w": {json.dumps(text)}, "v": {{"n": [{n} , {n}]}}, "id":{n}}}' for n in ("1", *numbers)]
    validated = read(tmp_path_factory.mktemp("home"), form, *records)
    assert validated.of("id") == ["1", *numbers]
    assert [cell.replace(" ", "") for cell in validated.of("v")] == [f'{{"n":[{n},{n}]}}' for n in ("1", *numbers)]


@pytest.mark.parametrize("form", FORMS)
def test_a_decimal_is_exact_and_what_is_unknown_keeps_its_digits_too(tmp_path: Path, form: str) -> None:
    record = '{"v": 1234567890123456.78, "x": {"y": [1.10, 1E30]}}'
    validated = read(tmp_path, form, record, kind="DECIMAL(30,2)")
    assert str(validated.of("v")[0]) == "1234567890123456.78"
    assert validated.of("_rescued") == ['{"x":{"y":[1.10,1E30]}}']


@pytest.mark.parametrize("form", FORMS)
def test_a_refused_record_keeps_the_digits_of_its_numbers(tmp_path: Path, form: str) -> None:
    validated = read(tmp_path, form, '{"v": "no", "x": 1E30, "y": [1.10]}', kind="integer")
    raw = "SELECT _raw FROM " + validated.load.rows()
    assert validated.load.connection.execute(raw).fetchall()[0][0].replace(" ", "") == '{"v":"no","x":1E30,"y":[1.10]}'


NO_NUMBERS = ("NaN", "nan", "-Infinity", "Infinity", "inf", '{"deep": [NaN]}')


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("where", ["v", "unknown"])
def test_a_record_with_what_is_no_number_is_no_json(tmp_path: Path, form: str, value: str, where: str) -> None:
    validated = read(tmp_path, form, f'{{"{where}": {value}, "id": 1.50}}', '{"v": "NaN, inf", "id": "b"}')
    assert validated.reasons() == {1: ["record:json"]}
    kept = validated.rows[0].raw
    assert value.replace(" ", "") in (kept.get("line") or kept["record"]).replace(" ", "")
    assert validated.of("v")[1:] in (["NaN, inf"], [])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", NO_NUMBERS[:5])
def test_what_is_no_number_is_no_value_where_the_contract_is_lenient(tmp_path: Path, form: str, value: str) -> None:
    record = f'{{"v": {value}, "id": 1.50, "x": {{"y": [{value}, "{value}"]}},}}'
    validated = read(tmp_path, form, record, kind="number", lenient=True)
    assert validated.reasons() == {}
    assert (validated.of("v"), validated.of("id")) == ([None], ["1.50"])
    assert json.loads(validated.of("_rescued")[0]) == {"x": {"y": [None, value]}}


@pytest.mark.parametrize("form", FORMS)
def test_a_comma_too_many_is_no_json(tmp_path: Path, form: str) -> None:
    record = '{"v": "a, ]", "x": [1, ], "id": "b"}'
    validated = read(tmp_path, form, record, '{"v": 1,}')
    if form == "lines":
        assert validated.reasons() == {1: ["record:json"], 2: ["record:json"]}
        assert validated.rows[0].raw == {"line": record}
    else:
        assert "line 1 has a comma with nothing behind it" in validated.refused[0].found
        assert "lenient: true" in validated.refused[0].found
    assert read(tmp_path / "b", form, record, lenient=True).of("v") == ["a, ]"]


TWICE = {
    "in the record": '{"id": 1, "v": 2, "id": 3}',
    "spelt in another way": '{"id": 1, "\\u0069d": 3}',
    "in an object of it": '{"id": 1, "v": {"a": 1, "a": 2}}',
    "in a list of it": '{"id": 1, "v": [{"a": 1}, {"a": 2, "b": {"c": 1, "c": 1}}]}',
    "with a number": '{"id": 1, "id": 2.50}',
    "the same value": '{"id": 1, "id": 1}',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("record", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("first", [True, False])
def test_a_name_twice_in_one_object_is_a_fault_of_the_record(
    tmp_path: Path, form: str, record: str, first: bool
) -> None:
    good = '{"id": "\\"id\\": 1, {", "v": [{"a": 1}, {"a": {"a": 2}}]}'
    records = [record, good] if first or form == "one object" else [good] * 3 + [record, good]
    validated = read(tmp_path, form, *records)
    assert validated.reasons() == {records.index(record) + 1: ["record:duplicate-name"]}


@pytest.mark.parametrize("twice", ['{"a": {}, "a": {"rows": []}}', '{"a": {"rows": [], "r\\u006fws": [{"id": 1}]}}'])
def test_a_document_with_two_lists_of_records_is_refused(tmp_path: Path, twice: str) -> None:
    columns = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "json", "records": "a.rows"})
    validated = validate_bytes(tmp_path, columns, twice.encode(), b'{"x": "rows", "x": 1, "a": {"rows": [{"id": 7}]}}')
    assert "has a name on the way to a.rows twice" in validated.refused[0].found
    assert validated.of("id", 1) == ["7"]
