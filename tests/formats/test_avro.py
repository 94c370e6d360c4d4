"""Avro keeps the promises of formats; every logical type becomes text, and a broken block refuses its file."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import fastavro
import pytest

from dropzone_assets.errors import BadContract
from dropzone_assets.formats import KINDS, open_format
from tests.cases.bytes import Bytes
from tests.cases.formats import FormatCases, Record
from tests.cases.validated import contract_of, validate_bytes

BROKEN = Path(__file__).parents[1] / "broken"


def written(records: Sequence[Mapping[str, Any]], codec: str = "null", **kinds: Any) -> bytes:
    """A file of records whose fields have these types."""
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in kinds.items()]}
    out = BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema), records, codec=codec, sync_interval=2_000)
    return out.getvalue()


MANY = written([{"id": f"{n}", "note": "x" * (n % 9)} for n in range(2_000)], "deflate", id="string", note="string")
CODECS = ("null", "deflate", "snappy", "zstandard", "bzip2", "xz")


class TestAvro(FormatCases):
    options: ClassVar = {"kind": "avro"}
    nothing = (b"", b"id,note\n", b"Obj\x01", MANY[:60])
    unreadable = (MANY[:-5], MANY[: len(MANY) // 2], MANY[:1_000] + b"\xff" * 100 + MANY[1_100:])
    without_rows = (written([], id="string", note="string"),)
    exceptions: ClassVar[Mapping[str, str]] = {
        "test_a_byte_order_mark_belongs_to_no_value": "Avro is no text, so it has no byte order mark",
        "test_what_the_contract_does_not_know_is_rescued": "a name in Avro has no space: see below",
        "test_a_record_is_found_again_by_its_bytes": "a record has a block, packed as a whole, and a number in it",
    }

    def encode(self, records: Sequence[Record]) -> bytes:
        names = list(dict.fromkeys(chain.from_iterable(records))) or ["id", "note"]
        return written(records, **{name: ["null", "string"] for name in names})


def test_what_the_contract_does_not_know_is_rescued(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "avro"})
    validated = validate_bytes(tmp_path, contract, written([{"id": "1", "mood": 7}], id="string", mood="int"))
    assert validated.of("_rescued") == ['{"mood":"7"}']


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_of_the_standard_is_read(tmp_path: Path, codec: str) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "avro"})
    content = written([{"id": str(n)} for n in range(25_000)], codec, id="string")
    broken = content[: len(content) * 3 // 4] + b"\x99" * 50 + content[len(content) * 3 // 4 + 50 :]
    validated = validate_bytes(tmp_path, contract, content, broken, content[:-1])
    assert validated.of("id") == [str(n) for n in range(25_000)]
    assert set(validated.refused) == {1, 2}
    assert len(validated.rows) == 25_000


def logical(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "logicalType": name, **more}


MOMENT = dt.datetime(2024, 5, 1, 9, 30, 15, 500_000, tzinfo=dt.UTC)
VALUES: dict[str, tuple[Any, Any, str | None]] = {
    "null": ("null", None, None),
    "long": ("long", -(2**63), "-9223372036854775808"),
    "double": ("double", 0.1, "0.1"),
    "boolean": ("boolean", False, "false"),
    "text": ("string", "näh", "näh"),
    "text in bytes": ("bytes", "é".encode(), "é"),
    "bytes": ("bytes", b"a\xff", "a\\xFF"),
    "fixed": ({"type": "fixed", "name": "f", "size": 2}, b"ab", "ab"),
    "enum": ({"type": "enum", "name": "e", "symbols": ["A", "B"]}, "B", "B"),
    "array": ({"type": "array", "items": "int"}, [1, 2], "[1, 2]"),
    "map": ({"type": "map", "values": ["null", "string"]}, {"k": "é", "l": None}, '{"k": "é", "l": null}'),
    "record": (
        {"type": "record", "name": "in", "fields": [{"name": "at", "type": logical("int", "date")}]},
        {"at": dt.date(2024, 5, 1)},
        '{"at": "2024-05-01"}',
    ),
    "union": (["null", "int", "string"], "x", "x"),
    "date": (logical("int", "date"), dt.date(2024, 5, 1), "2024-05-01"),
    "moment": (logical("long", "timestamp-millis"), MOMENT, "2024-05-01T09:30:15.500000+00:00"),
    "moment in us": (logical("long", "timestamp-micros"), MOMENT, "2024-05-01T09:30:15.500000+00:00"),
    "local": (logical("long", "local-timestamp-millis"), MOMENT.replace(tzinfo=None), "2024-05-01T09:30:15.500000"),
    "local midnight": (logical("long", "local-timestamp-micros"), dt.datetime(2024, 5, 1), "2024-05-01"),
    "time": (logical("int", "time-millis"), dt.time(9, 30), "09:30:00"),
    "decimal": (logical("bytes", "decimal", precision=30, scale=2), Decimal("1e18"), "1000000000000000000.00"),
    "uuid": (logical("string", "uuid"), UUID(int=7), "00000000-0000-0000-0000-000000000007"),
}


@pytest.mark.parametrize(("kind", "value", "text"), VALUES.values(), ids=VALUES)
def test_a_value_becomes_its_text(tmp_path: Path, kind: Any, value: Any, text: str | None) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v"}, format={"kind": "avro"})
    assert validate_bytes(tmp_path, contract, written([{"v": value}], v=kind)).of("v") == [text]


def test_moments_are_moments_to_the_contract(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "v", "logicalType": "timestamp"}, format={"kind": "avro"})
    content = written([{"v": MOMENT}], v=logical("long", "timestamp-millis"))
    assert validate_bytes(tmp_path, contract, content).of("v") == [MOMENT.replace(tzinfo=None)]


def test_a_file_of_no_records_with_fields_is_refused(tmp_path: Path) -> None:
    out = BytesIO()
    fastavro.writer(out, {"type": "array", "items": "int"}, [[1]])
    contract = contract_of(tmp_path / "c", {"name": "v"}, format={"kind": "avro"})
    assert "not of records" in validate_bytes(tmp_path, contract, out.getvalue()).refused[0].found


def test_a_broken_block_costs_the_whole_file(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, format={"kind": "avro"})
    validated = validate_bytes(tmp_path, contract, (BROKEN / "avro_damaged_block.avro").read_bytes())
    assert "has a block that cannot be read" in validated.refused[0].found
    assert not validated.rows


def test_a_reading_says_what_it_found(tmp_path: Path) -> None:
    assert open_format("avro", {}).reading(Bytes(MANY, tmp_path), []).described() == {"codec": "deflate"}


def test_a_format_whose_driver_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "avro", "no_such_driver.avro:Avro")
    with pytest.raises(BadContract, match=r"needs no_such_driver.*dropzone-assets\[avro\]"):
        open_format("avro", {})


def test_a_record_stands_in_its_block(tmp_path: Path) -> None:
    content = Bytes(MANY, tmp_path)
    found = open_format("avro", {}).reading(content, ("id",)).locations(content, [1, 2_000, 2_001])
    assert found[1].where == "block 0, record 1"
    assert re.fullmatch(r"block [1-9]\d*, record [1-9]\d*", found[2_000].where)
    assert sorted(found) == [1, 2_000]
