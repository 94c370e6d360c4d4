"""Avro object container files, read block by block with fastavro; every value becomes text."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from importlib import import_module
from itertools import chain, islice
from math import isfinite, isnan
from pathlib import Path
from typing import Any
from uuid import UUID

import fastavro
import pyarrow as pa
from fastavro.schema import SchemaParseException
from pydantic import BaseModel, ConfigDict

from dropzone_assets.engine import Connection
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, Location, Scan
from dropzone_assets.formats.named import Named
from dropzone_assets.formats.typed import TYPED
from dropzone_assets.readers.blocks.blocks import demand_header, read_blocks

CELLS = "avro_cells"

BATCH = 10_000
"""Records that are in Python at a time."""

CODECS = {
    "zlib": "error",
    "lzma": "LZMAError",
    "cramjam": "DecompressionError",
    "compression.zstd": "ZstdError",
    "backports.zstd": "ZstdError",
    "lz4.block": "LZ4BlockError",
}
"""What fastavro decompresses with, where it is installed → what that raises over broken bytes."""


def _codec_errors() -> Iterator[type[Exception]]:
    for module, name in CODECS.items():
        with suppress(ModuleNotFoundError):
            yield getattr(import_module(module), name)


BROKEN: tuple[type[Exception], ...] = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    EOFError,
    OSError,
    SchemaParseException,
    *_codec_errors(),
)
"""What reading broken bytes raises: fastavro has an error of its own for schemas only."""


class Avro(BaseModel):
    """An Avro file says all there is to say about itself: its records have the fields of its own schema."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def reading(self, content: Content, wanted: Sequence[str]) -> "AvroReading":
        """The fields of the schema in the file's header."""
        path = content.file()
        try:
            demand_header(path)
            with path.open("rb") as file:
                reader = fastavro.reader(file)
                schema, codec = reader.writer_schema, reader.codec
        except BROKEN as error:
            raise Refused(f"is no Avro file: {_line(error)}.", "Ask the sender for the file again.") from error
        if not isinstance(schema, dict) or schema.get("type") != "record" or not schema.get("fields"):
            raise Refused("is Avro, but not of records with fields.", "Ask the sender for a record per row.")
        return AvroReading(tuple(each["name"] for each in schema["fields"]), codec)


@dataclass(frozen=True)
class AvroReading(Named):
    """Files whose records have the same fields in the same order."""

    codec: str = field(compare=False)

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """Records go through Python in batches; a file with a broken block gives none of its records."""
        fields = ", ".join(f"c{n} VARCHAR, {TYPED}{n} BOOLEAN" for n in range(len(self.names)))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {CELLS} (file_index UBIGINT, {fields})")
        unreadable: dict[int, str] = {}
        for index, content in enumerate(contents):
            path = content.file()
            try:
                for batch in self._batches(path, index):
                    connection.register("avro_batch", batch)
                    connection.execute(f"INSERT INTO {CELLS} FROM avro_batch")
                    connection.unregister("avro_batch")
            except BROKEN as error:
                unreadable[index] = f"is damaged, it has a block that cannot be read: {_line(error)}."
        lost = ", ".join(map(str, unreadable)) or "NULL"
        query = f"FROM {CELLS} WHERE file_index NOT IN ({lost})" if unreadable else f"FROM {CELLS}"
        return Scan(query, unreadable, typed=TYPED)

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """Block, from 0, and the record in it, from 1."""
        found: dict[int, Location] = {}
        before = 0
        with content.file().open("rb") as file:
            for number, block in enumerate(fastavro.block_reader(file)):
                inside = (each for each in records if before < each <= before + block.num_records)
                found |= {
                    each: Location(None, None, None, f"block {number}, record {each - before}") for each in inside
                }
                before += block.num_records
        return found

    def described(self) -> dict[str, str]:
        """The codec."""
        return {"codec": self.codec}

    def _batches(self, path: Path, index: int) -> Iterator[pa.Table]:
        records = chain.from_iterable(block.records for block in read_blocks(path))
        while batch := list(islice(records, BATCH)):
            columns: dict[str, pa.Array] = {"file_index": pa.array([index] * len(batch), pa.uint64())}
            for n, name in enumerate(self.names):
                values = [record[name] for record in batch]
                columns[f"c{n}"] = pa.array(map(_text, values), pa.string())
                columns[f"{TYPED}{n}"] = pa.array(map(_is_number, values), pa.bool_())
            yield pa.table(columns)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str | None:
    """A value as text: moments in ISO 8601, one without a zone at midnight as a date; nested values as JSON."""
    match value:
        case None | str():
            return value
        case bool() | dict() | list():
            return json.dumps(_parseable(value), ensure_ascii=False, default=_text)
        case bytes():
            return _decoded(value)
        case datetime() if value.tzinfo is None and value.time() == time():
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case int() | float() | UUID():
            return str(value)
    return json.dumps(value, default=str)


def _parseable(value: Any) -> Any:
    """A nested value without what JSON has no word for: NaN and the infinities become texts."""
    match value:
        case dict():
            return {name: _parseable(each) for name, each in value.items()}
        case list():
            return [_parseable(each) for each in value]
        case float() if not isfinite(value):
            return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "".join(chr(each) if 31 < each < 127 else f"\\x{each:02X}" for each in value)


def _line(error: BaseException) -> str:
    if isinstance(error, OverflowError):
        return "a date or a time of no year from 1 to 9999"
    return str(error).split("\n")[0].removesuffix(".") or type(error).__name__
