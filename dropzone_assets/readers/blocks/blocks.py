"""The blocks of an Avro file, each proven byte by byte before fastavro, which believes what a file says, decodes it.

A block must hold the records that its head promises and nothing else; an index is one of those there are, a boolean is
0 or 1, a number fits its type, a decimal its precision.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import fastavro
from fastavro.schema import parse_schema

from dropzone_assets.readers.blocks.values import Contradiction, Step, Steps, whole

MAGIC, SYNC = b"Obj\x01", 16
"""How a file begins, and the bytes of its marker behind the header and each block."""

HEADER = 16 << 20
"""Bytes in which a header must end."""


class Block(NamedTuple):
    """A proven block: its number, from 0, and its records."""

    number: int
    size: int
    records: Iterator[dict[str, Any]]


def demand_header(path: Path) -> None:
    """The header is as long as it says: fastavro would ask for all the memory that a false length names.

    Raises:
        Contradiction: it is not.
    """
    with path.open("rb") as file:
        _header(file.read(HEADER))


def read_blocks(path: Path) -> Iterator[Block]:
    """The blocks of a file, in order.

    Raises:
        Contradiction: some bytes are not what they should be; it says where.
    """
    with path.open("rb") as file:
        end = _header(file.read(HEADER))
        file.seek(0)
        reader = fastavro.block_reader(file)
        named: dict[str, Any] = {}
        parsed = parse_schema(reader.writer_schema or "null", named_schemas=named)
        step = Steps(named).of(parsed)
        for number, block in enumerate(cast(Iterator[Any], reader)):
            head = _bytes(path, block.offset, 20)
            count, at = whole(head, 0, 64)
            size, at = whole(head, at, 64)
            if block.offset != end or count != block.num_records or at + size + SYNC != block.size:
                raise Contradiction(f"block {number} does not end where it says")
            end = block.offset + block.size
            _prove(block.bytes_.getvalue(), block.num_records, step, number)
            yield Block(number, block.num_records, iter(block))
    if end != path.stat().st_size:
        raise Contradiction(f"bytes behind the last block, from byte {end}")


def _bytes(path: Path, start: int, length: int) -> bytes:
    """Some bytes of a file."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)


def _header(content: bytes) -> int:
    """Where the first block begins."""
    if not content.startswith(MAGIC):
        raise Contradiction("does not begin like one")
    try:
        return Steps({}).of({"type": "map", "values": "bytes"})(content, len(MAGIC)) + SYNC
    except IndexError as error:
        raise Contradiction("the header ends in the middle") from error


def _prove(content: bytes, count: int, step: Step, number: int) -> None:
    at, record = 0, 0
    if count < 0:
        raise Contradiction(f"block {number} says that it has {count} records")
    try:
        while record < count:
            record += 1
            at = step(content, at)
            if at > len(content):
                raise IndexError
    except IndexError as error:
        raise Contradiction(f"block {number} ends in the middle of record {record} of {count}") from error
    except RecursionError as error:
        raise Contradiction(f"block {number}, record {record} nests too deep") from error
    except Contradiction as error:
        raise Contradiction(f"block {number}, record {record}, {error}") from error
    if at != len(content):
        raise Contradiction(f"block {number} says {count} records and has {len(content) - at:,} bytes more")
