"""Values as Avro writes them, stepped over without being decoded: what no honest writer writes is named."""

from collections.abc import Callable
from typing import Any

Step = Callable[[bytes, int], int]
"""Steps over one value that begins at a place in the bytes; gives the place behind it."""

BYTES = {"null": 0, "float": 4, "double": 8}
BITS = {"int": 32, "long": 64}

IDLE = 1_000
"""Items that an array may hold where there are fewer bytes than items: those that take no byte."""


class Contradiction(ValueError):
    """Bytes that are not what the file itself says of them."""


def whole(content: bytes, at: int, bits: int) -> tuple[int, int]:
    """A whole number of variable length, and the place behind it.

    Raises:
        Contradiction: it does not fit.
        IndexError: the bytes end before.
    """
    found = shift = 0
    while True:
        byte = content[at]
        at += 1
        found |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
        if shift > 63:
            raise Contradiction("a number of more than 10 bytes")
    if found >> bits:
        raise Contradiction(f"a number that does not fit {bits} bits")
    return (found >> 1) ^ -(found & 1), at


class Steps:
    """How to step over each type of a schema; a type with a name may hold itself."""

    def __init__(self, named: dict[str, Any]) -> None:
        self.named = named
        self.made: dict[str, Step] = {}

    def of(self, schema: Any) -> Step:
        """The step over one type."""
        if isinstance(schema, list):
            return _union([self.of(each) for each in schema])
        if isinstance(schema, str):
            return self._named(schema) if schema in self.named else _plain(schema)
        match schema["type"]:
            case "record" | "error":
                return _record([(each["name"], self.of(each["type"])) for each in schema["fields"]])
            case "array":
                return _items(self.of(schema["items"]))
            case "map":
                return _map(self.of(schema["values"]))
            case "enum":
                return _enum(len(schema["symbols"]))
            case "fixed":
                return _decimal(_fixed(schema["size"]), schema, 0)
            case "bytes":
                return _decimal(_text, schema, 1)
        return self.of(schema["type"])

    def _named(self, name: str) -> Step:
        def step(content: bytes, at: int) -> int:
            if name not in self.made:
                self.made[name] = self.of(self.named[name])
            return self.made[name](content, at)

        return step


def _plain(kind: str) -> Step:
    if kind in BYTES:
        return _fixed(BYTES[kind])
    if kind in BITS:
        bits = BITS[kind]
        return lambda content, at: at + 1 if content[at] < 128 else whole(content, at, bits)[1]
    return {"boolean": _boolean, "bytes": _text, "string": _text}[kind]


def _fixed(size: int) -> Step:
    return lambda content, at: at + size


def _boolean(content: bytes, at: int) -> int:
    if content[at] > 1:
        raise Contradiction(f"a boolean that is {content[at]}")
    return at + 1


def _text(content: bytes, at: int) -> int:
    byte = content[at]
    if byte < 128 and not byte & 1:  # Nearly every text is shorter than 64 bytes: one step less for each.
        at += 1 + (byte >> 1)
        if at > len(content):
            raise IndexError
        return at
    length, at = whole(content, at, 64)
    if length < 0:
        raise Contradiction(f"a text of {length} bytes")
    if at + length > len(content):
        raise IndexError
    return at + length


def _enum(count: int) -> Step:
    def step(content: bytes, at: int) -> int:
        index, at = whole(content, at, 32)
        if not 0 <= index < count:
            raise Contradiction(f"symbol {index} of an enum with {count}")
        return at

    return step


def _union(steps: list[Step]) -> Step:
    def step(content: bytes, at: int) -> int:
        byte = content[at]
        if byte < 128 and not byte & 1 and byte >> 1 < len(steps):
            return steps[byte >> 1](content, at + 1)
        index, at = whole(content, at, 64)
        if not 0 <= index < len(steps):
            raise Contradiction(f"branch {index} of a union with {len(steps)}")
        return steps[index](content, at)

    return step


def _record(fields: list[tuple[str, Step]]) -> Step:
    def step(content: bytes, at: int) -> int:
        done = 0
        try:
            for _, field in fields:
                at = field(content, at)
                done += 1
        except Contradiction as error:
            raise Contradiction(f"field {fields[done][0]}: {error}") from error
        return at

    return step


def _map(value: Step) -> Step:
    def step(content: bytes, at: int) -> int:
        keys: set[bytes] = set()

        def pair(content: bytes, at: int) -> int:
            end = _text(content, at)
            key = content[whole(content, at, 64)[1] : end]
            if key in keys:
                raise Contradiction(f"the key {key.decode(errors='replace')} twice in a map")
            keys.add(key)
            return value(content, end)

        return _items(pair)(content, at)

    return step


def _items(item: Step) -> Step:
    def step(content: bytes, at: int) -> int:
        while True:
            count, at = whole(content, at, 64)
            if not count:
                return at
            end = None
            if count < 0:
                count, (size, at) = -count, whole(content, at, 64)
                end = at + size
            if count > max(len(content) - at, IDLE):
                raise Contradiction(f"{count:,} items in {len(content) - at:,} bytes")
            for _ in range(count):
                at = item(content, at)
            if end not in (None, at):
                raise Contradiction("items that do not end where they say")

    return step


def _decimal(step: Step, schema: Any, prefixed: int) -> Step:
    """A decimal has no more digits than its precision: fastavro would round it."""
    if schema.get("logicalType") != "decimal":
        return step
    most = 10 ** schema.get("precision", 0)

    def checked(content: bytes, at: int) -> int:
        start = whole(content, at, 64)[1] if prefixed else at
        end = step(content, at)
        if abs(int.from_bytes(content[start:end], "big", signed=True)) >= most:
            raise Contradiction(f"a decimal of more than {schema['precision']} digits")
        return end

    return checked
