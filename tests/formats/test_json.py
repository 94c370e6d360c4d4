"""JSON keeps the promises of formats, and says of a document without records what it has instead."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format
from tests.cases.formats import FormatCases, Record
from tests.cases.validated import Validated, contract_of, validate_bytes


class TestJson(FormatCases):
    options: ClassVar = {"kind": "json", "records": "rows"}
    nothing = (b"", b" \n", b"\xef\xbb\xbf", b"{}", b"[]", b"null", b"7", b'{"rows": {}}', b'{"rows": null}')
    unreadable = (b'{"rows": [{"id": 1}', b'{"rows": [{"id": 1}]} x', b'{"rows": ["\xff"]}', b"\x00" * 10)
    without_rows = (b'{"rows": []}', b'{"rows": [], "more": 1}', b'\xef\xbb\xbf {"rows":\r\n[ ] }\n')

    def encode(self, records: Sequence[Record]) -> bytes:
        return json.dumps({"sent": "today", "rows": records}, ensure_ascii=False).encode()


def validate_json(folder: Path, *documents: object, records: str = "", **types: str) -> Validated:
    """What becomes of documents, which are bytes or are written as JSON; `types` are columns and their types."""
    columns = [{"name": name, "logicalType": kind} for name, kind in (types or {"id": "string"}).items()]
    contract = contract_of(folder / "contracts", *columns, format={"kind": "json", "records": records})
    contents = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in documents]
    return validate_bytes(folder, contract, *contents)


@pytest.mark.parametrize(
    ("records", "document"),
    [
        ("", [{"id": "1"}]),
        ("rows", {"rows": [{"id": "1"}]}),
        ("a.b c.d", {"a": {"b c": {"d": [{"id": "1"}]}}, "d": []}),
        ('a"b', {'a"b': [{"id": "1"}]}),
        ("a[0]", {"a[0]": [{"id": "1"}], "a": [[{"id": "2"}]]}),
        ("$", {"$": [{"id": "1"}]}),
    ],
)
def test_a_path_of_keys_leads_to_the_records(tmp_path: Path, records: str, document: object) -> None:
    assert validate_json(tmp_path, document, records=records).of("id") == ["1"]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (b'{"rows": [', "is not a JSON document (was it cut off?)"),
        (b"{\xff\xfe", "is not UTF-8 text"),
        (b"\xff\xfe{\x00x", "is not UTF-16 text"),
        (b"\xff\xfe{\x00", "is not a JSON document"),
        (b"\xff\xfe", "is empty"),
        ({"rows": {"a": 1}}, "has no array at rows but object"),
        ({"data": [], "meta": 1}, "has no array at rows but nothing; its keys are: data, meta"),
        ([], "has no array at rows but nothing; its keys are: none"),
    ],
)
def test_a_document_without_records_says_what_it_has(tmp_path: Path, document: object, found: str) -> None:
    assert found in validate_json(tmp_path, document, records="rows").refused[0].found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (7, "7"),
        (-7, "-7"),
        (0.1, "0.1"),
        (12345678901234567890, "12345678901234567890"),
        (10**30, "1" + "0" * 30),
        (True, "true"),
        (None, None),
        ("", None),
        ("null", "null"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        ([1, "x"], '[1,"x"]'),
        ([], "[]"),
    ],
)
def test_a_value_becomes_its_text(tmp_path: Path, value: object, text: str | None) -> None:
    assert validate_json(tmp_path, [{"id": value}]).of("id") == [text]


def test_a_field_may_be_missing(tmp_path: Path) -> None:
    assert validate_json(tmp_path, b'[{}, {"id": "a"}]').of("id") == [None, "a"]


@pytest.mark.parametrize("record", [1, "x", None, [1], [{"id": "1"}], True])
def test_a_record_that_is_no_object_is_refused(tmp_path: Path, record: object) -> None:
    validated = validate_json(tmp_path, [record, {"id": "2"}])
    assert validated.of("id") == [None, "2"]
    assert validated.of("_rescued") == [None, None]
    assert validated.reasons() == {1: ["record:type"]}
    assert validated.rows[0].raw == record


def test_a_number_that_no_type_holds_breaks_the_type(tmp_path: Path) -> None:
    validated = validate_json(tmp_path, b'[{"id": 1e999}, {"id": 1.5}]', id="number")
    assert validated.of("id") == [None, 1.5]
    assert validated.reasons() == {1: ["id:type"]}


def test_an_object_keeps_its_shape(tmp_path: Path) -> None:
    validated = validate_json(tmp_path, [{"id": {"a": {"b": [1]}}}, {"id": '{"a": 1}'}, {"id": [1]}], id="object")
    assert [json.loads(each) if each else None for each in validated.of("id")] == [{"a": {"b": [1]}}, {"a": 1}, None]


def test_a_synonym_is_read_where_the_name_itself_is_missing(tmp_path: Path) -> None:
    column = {"name": "id", "synonyms": [{"synonym": "ident"}, {"synonym": "nr."}]}
    contract = contract_of(tmp_path / "c", column, format={"kind": "json"})
    document = [{"ident": 1}, {"nr.": 2}, {"nr.": 3, "ident": 4, "id": 5}, {"id": None, "nr.": 6}]
    validated = validate_bytes(tmp_path, contract, json.dumps(document).encode())
    assert validated.of("id") == ["1", "2", "5", "6"]
    assert validated.of("_rescued") == [None] * 4


@pytest.mark.parametrize("depth", [100, 10_000])
def test_a_deep_document_harms_nobody(tmp_path: Path, depth: int) -> None:
    deep = b'[{"id":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}]"
    validated = validate_json(tmp_path, deep, b"[" * depth + b"]" * depth, [{"id": "2"}])
    assert validated.of("id", 2) == ["2"]
    assert len(validated.rows) == 3


@pytest.mark.parametrize("options", [{"records": 1}, {"records": None}, {"lines": "some"}])
def test_an_option_json_does_not_have_is_a_bad_contract(options: dict[str, Any]) -> None:
    with pytest.raises(BadContract, match="format json"):
        open_format("json", options)


def test_a_format_nobody_knows_is_a_bad_contract() -> None:
    with pytest.raises(BadContract, match=r"'parquetish' does not exist\. Use one of: csv, "):
        open_format("parquetish", {})


def test_records_stand_at_one_of_several_paths(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "json", "root": ["a", "b.c"]})
    documents: list[object] = [
        {"a": [{"id": 1}]},
        {"x": "y" * 70_000, "b": {"c": [{"id": 2}]}},
        {"a": [], "b": {"c": []}},
        {},
    ]
    validated = validate_bytes(tmp_path, contract, *(json.dumps(document).encode() for document in documents))
    assert (validated.of("id"), validated.of("id", 1)) == (["1"], ["2"])
    assert "has a and b.c; only one of them" in validated.refused[2].found
    assert "has no array at a but nothing" in validated.refused[3].found
