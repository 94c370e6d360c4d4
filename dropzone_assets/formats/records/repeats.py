"""Names that come twice in one object: which of their values is meant, nobody can say."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from dropzone_assets.arrow import column
from dropzone_assets.engine import Connection, literal, literals, teach

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*+"\s*+:|[{}])|"(?:[^"\\]|\\.)*+"', re.DOTALL)
"""A name, the begin or the end of an object, or a string that is a value."""

REMEMBERED = 10_000
"""Kinds of record that are gone through once only."""

MOST = 20
"""Kinds of record that are known beforehand."""

Layout = tuple[tuple[str, tuple[str, ...]], ...]
"""The names of a record: path of an object → the names in it, in their order; each name once."""


class Known(NamedTuple):
    """Layouts of records as SQL over `record`, and then over `names` and `objects`."""

    layouts: tuple[Layout, ...]

    @property
    def paths(self) -> list[str]:
        """Where records have objects."""
        return list(dict.fromkeys(path for layout in self.layouts for path, _ in layout))

    def names(self) -> str:
        """The names in each of these objects, and how many objects a record has, or more."""
        found = f"json_keys(record, {literals(self.paths)})" if self.layouts else "NULL::VARCHAR[][]"
        return f"{found} AS names, strlen(record) - strlen(replace(record, '{{', '')) AS objects"

    def which(self, chosen: Container[Layout]) -> str:
        """Whether a record has one of the chosen layouts."""
        each = [
            f"objects = {len(layout)} AND names = {_listed([dict(layout).get(path) for path in self.paths])}"
            for layout in self.layouts
            if layout in chosen
        ]
        return f"coalesce({' OR '.join(each)}, false)" if each else "false"


def know(connection: Connection) -> None:
    """Teach a connection the function `repeats_name(json)`."""
    seen: dict[tuple[str, ...], bool] = {}

    def repeats(texts: pa.Array) -> pa.Array:
        return column([_repeats(text, seen) for text in texts.to_pylist()], pa.bool_())

    teach(connection, "repeats_name", repeats, ("VARCHAR",), "BOOLEAN", arrow=True)


def layouts(texts: Iterable[str], path: str = "$") -> tuple[Layout, ...]:
    """The layouts of some records that have no name twice and no object in a list; a text that is no record is none."""
    found: dict[Layout, None] = {}
    for text in texts:
        try:
            record = json.loads(text, object_pairs_hook=_Object)
        except (ValueError, RecursionError):
            continue
        layout = tuple(_objects(record, path)) if isinstance(record, _Object) else ()
        if layout and len(layout) == text.count("{") and all(len(set(names)) == len(names) for _, names in layout):
            found[layout] = None
        if len(found) == MOST:
            break
    return tuple(found)


class _Object(list[tuple[str, Any]]):
    """An object as JSON writes it."""


def _objects(record: _Object, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """An object and those below it."""
    yield path, tuple(name for name, _ in record)
    for name, value in record:
        if isinstance(value, _Object):
            yield from _objects(value, f"{path}.{key(name)}")


def key(name: str) -> str:
    """A key inside a JSON path, which is also how JSON writes it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listed(names: Sequence[Sequence[str] | None]) -> str:
    """Lists of names as SQL."""
    lists = ("NULL" if each is None else f"[{', '.join(map(literal, each))}]::VARCHAR[]" for each in names)
    return f"[{', '.join(lists)}]"


def _repeats(text: str | None, seen: dict[tuple[str, ...], bool]) -> bool:
    """Whether some object of a JSON text has a name twice; records of one kind are alike but for their values."""
    tokens = tuple(_TOKEN.findall(text or ""))
    if tokens not in seen:
        if len(seen) >= REMEMBERED:
            seen.clear()
        seen[tokens] = _twice(tokens)
    return seen[tokens]


def _twice(tokens: Iterable[str]) -> bool:
    names: list[set[str]] = []
    for part in tokens:
        if part == "{":
            names.append(set())
        elif part == "}":
            names.pop()
        elif part:
            name = json.loads(part[:-1], strict=False)
            if name in names[-1]:
                return True
            names[-1].add(name)
    return False
