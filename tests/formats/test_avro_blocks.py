"""An Avro file whose bytes are not what they say is refused, and the place is named: nothing is dropped or guessed."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cases.validated import Validated, contract_of, validate_bytes
from tests.formats.test_avro import logical, written


def whole(number: int) -> bytes:
    """A number as Avro writes it."""
    number = number << 1 if number >= 0 else (-number << 1) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def text(content: bytes) -> bytes:
    return whole(len(content)) + content


def framed(kind: Any, body: bytes, *, count: int = 1, size: int | None = None, behind: bytes = b"") -> bytes:
    """A file of one block, which may lie about itself."""
    fields = [{"name": "id", "type": "long"}, {"name": "v", "type": kind}]
    schema = json.dumps({"type": "record", "name": "r", "fields": fields}).encode()
    pairs = text(b"avro.schema") + text(schema) + text(b"avro.codec") + text(b"null")
    head = b"Obj\x01" + whole(2) + pairs + b"\0" + b"S" * 16
    return head + whole(count) + whole(len(body) if size is None else size) + body + b"S" * 16 + behind


def validated(folder: Path, *contents: bytes) -> Validated:
    contract = contract_of(folder / "c", {"name": "id"}, {"name": "v"}, format={"kind": "avro"})
    return validate_bytes(folder, contract, *contents)


ONE = whole(1)
ENUM = {"type": "enum", "name": "e", "symbols": ["A", "B"]}
DECIMAL = logical("bytes", "decimal", precision=4, scale=2)
NULLS = {"type": "array", "items": "null"}
LONGS = {"type": "array", "items": "long"}
ITSELF = {"type": "record", "name": "n", "fields": [{"name": "n", "type": ["null", "n"]}]}

LIES: dict[str, tuple[bytes, str]] = {
    "records that no one counts": (framed("string", (ONE + text(b"a")) * 3), "says 1 records and has 6 bytes more"),
    "records that are not there": (framed("string", ONE + text(b"a"), count=2), "in the middle of record 2 of 2"),
    "fewer than none": (framed("string", ONE + text(b"a"), count=-1), "block 0"),
    "a size that is not": (framed("string", ONE + text(b"a"), size=2), "block"),
    "union below": (framed(["null", "string"], ONE + whole(-1) + text(b"a")), "branch -1 of a union with 2"),
    "union above": (framed(["null", "string"], ONE + whole(2) + text(b"a")), "branch 2 of a union with 2"),
    "enum below": (framed(ENUM, ONE + whole(-1)), "record 1, field v: symbol -1 of an enum with 2"),
    "enum above": (framed(ENUM, ONE + whole(2)), "symbol 2 of an enum with 2"),
    "boolean": (framed("boolean", ONE + b"\x07"), "field v: a boolean that is 7"),
    "a varint of 100 bytes": (framed("long", ONE + b"\x80" * 100 + b"\x00"), "more than 10 bytes"),
    "a long of 70 bits": (framed("long", ONE + b"\xff" * 9 + b"\x7f"), "does not fit 64 bits"),
    "an int of 33 bits": (framed("int", ONE + whole(2**32)), "does not fit 32 bits"),
    "a text of less than nothing": (framed("string", ONE + whole(-3)), "a text of -3 bytes"),
    "a text without end": (framed("string", ONE + whole(2**40)), "ends in the middle"),
    "a fixed without end": (framed({"type": "fixed", "name": "f", "size": 9}, ONE + b"x"), "ends in the middle"),
    "items of nothing": (framed(NULLS, ONE + whole(2**60) + b"\0"), "items in"),
    "items that end elsewhere": (framed(LONGS, ONE + whole(-1) + whole(5) + ONE + b"\0"), "do not end where they say"),
    "a key twice": (
        framed({"type": "map", "values": "long"}, ONE + whole(2) + (text(b"k") + ONE) * 2 + b"\0"),
        "the key k twice",
    ),
    "a header without end": (b"Obj\x01" + whole(2) + whole(2**40) + b"avro.schema", "the header ends in the middle"),
    "nested without end": (framed(ITSELF, ONE + whole(1) * 100_000 + b"\0"), "nests too deep"),
    "more digits than it may have": (framed(DECIMAL, ONE + text(b"\x7f\xff")), "a decimal of more than 4 digits"),
    "a date after the last year": (
        framed(logical("int", "date"), ONE + whole(2_147_000_000)),
        "of no year from 1 to 9999",
    ),
    "bytes behind": (framed("string", ONE + text(b"a"), behind=b"\x80"), "has a block that cannot be read"),
}


@pytest.mark.parametrize(("content", "found"), LIES.values(), ids=LIES)
def test_a_lie_is_refused_with_its_place(tmp_path: Path, content: bytes, found: str) -> None:
    result = validated(tmp_path, content, framed("string", ONE + text(b"good")))
    assert found in result.refused[0].found
    assert not result.tallies or result.of("v", 1) == ["good"]
    assert {row.file for row in result.rows} <= {1}


KINDS: dict[Any, tuple[Any, Any]] = {
    "long": ("long", st.integers(-(2**63), 2**63 - 1)),
    "int": ("int", st.integers(-(2**31), 2**31 - 1)),
    "text": ("string", st.text(max_size=9)),
    "union": (["null", "boolean", "string"], st.none() | st.booleans() | st.text(max_size=3)),
    "enum": ({"type": "enum", "name": "e", "symbols": ["A", "B"]}, st.sampled_from("AB")),
    "array": ({"type": "array", "items": "double"}, st.lists(st.floats(allow_nan=False), max_size=4)),
    "map": ({"type": "map", "values": "long"}, st.dictionaries(st.text(max_size=2), st.integers(0, 9), max_size=3)),
    "decimal": (DECIMAL, st.integers(-9999, 9999).map(lambda n: Decimal(n).scaleb(-2))),
    "nothing": (NULLS, st.lists(st.none(), max_size=5)),
    "date": (logical("int", "date"), st.dates(dt.date(1, 1, 1))),
}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_an_honest_writer_wrote_is_read(tmp_path: Path, name: str, data: st.DataObject) -> None:
    kind, values = KINDS[name]
    records = [{"id": n, "v": value} for n, value in enumerate(data.draw(st.lists(values, max_size=4)))]
    result = validated(tmp_path, written(records, id="long", v=kind))
    assert not result.refused
    assert result.of("id") == [str(record["id"]) for record in records]


def test_a_number_that_is_none_is_a_text_where_it_is_nested(tmp_path: Path) -> None:
    values = [1.5, float("nan"), float("inf"), float("-inf")]
    content = written(
        [{"id": 1, "v": {"a": values}}], id="long", v={"type": "map", "values": LONGS | {"items": "double"}}
    )
    (found,) = validated(tmp_path, content).of("v")
    assert json.loads(found, parse_constant=pytest.fail) == {"a": [1.5, "NaN", "Infinity", "-Infinity"]}


def test_a_field_that_comes_twice_is_refused(tmp_path: Path) -> None:
    content = framed("long", ONE + ONE).replace(b'{"name": "v"', b'{"name":"id"')
    assert validated(tmp_path, content).refused
