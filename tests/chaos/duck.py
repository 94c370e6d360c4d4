"""DuckDB as a boundary: each statement is a crossing, and instances are used again, for opening one is dear."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch
from weakref import WeakSet

import duckdb

from dropzone_assets.engine import WAREHOUSE
from dropzone_assets.errors import WarehouseBusy
from tests.chaos.crossings import Crossings, Errors

FULL: Errors = {
    "disk is full": lambda: duckdb.IOException('IO Error: Could not write file "warehouse.duckdb": No space left'),
    "out of memory": lambda: duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block"),
}
ERRORS: dict[str, Errors] = {
    "warehouse attach": {
        "busy": lambda: WarehouseBusy("The warehouse could not be opened for 60 s."),
        "locked for a moment": lambda: duckdb.IOException("IO Error: Could not set lock on file"),
    },
    "warehouse begin": {},
    "warehouse commit": FULL,
    "warehouse rollback": {},
    "warehouse detach": {},
    "warehouse statement": FULL,
    "memory statement": FULL,
}
WORDS = {"ATTACH": "attach", "BEGIN": "begin", "COMMIT": "commit", "ROLLBACK": "rollback", "DETACH": "detach"}

USER_OBJECTS = (
    "SELECT 'TABLE', database_name, schema_name, table_name FROM duckdb_tables() WHERE NOT internal UNION ALL "
    "SELECT 'VIEW', database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal UNION ALL "
    "SELECT 'SCHEMA', database_name, schema_name, '' FROM duckdb_schemas() WHERE NOT internal AND schema_name <> 'main'"
)


class Wire:
    """A connection whose every statement is a crossing."""

    def __init__(self, raw: duckdb.DuckDBPyConnection, crossings: Crossings, rest: Callable[[Any], None]) -> None:
        self._raw = raw
        self._crossings = crossings
        self._rest = rest
        self._ended = False
        self._attached = False

    def execute(self, statement: str, *of: Any) -> Any:
        word = WORDS.get(statement.partition(" ")[0], "")
        boundary = f"warehouse {word or 'statement'}" if word or self._attached else "memory statement"
        done = False

        def action() -> Any:
            nonlocal done
            answer, done = self._raw.execute(statement, *of), True
            return answer

        try:
            answer = self._crossings.cross(boundary, action, ERRORS[boundary])
        except duckdb.Error:
            if word == "commit" and not done:  # a commit that fails takes its transaction with it
                with suppress(duckdb.Error):
                    self._raw.execute("ROLLBACK")
            raise
        self._attached = word == "attach" or (self._attached and word != "detach")
        return answer

    def close(self) -> None:
        """The instance is free for the next; at death all of them are."""
        if not self._ended:
            self._ended = True
            self._rest(self._raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


@contextmanager
def ducks(crossings: Crossings) -> Iterator[None]:
    """Within the block DuckDB is opened as wires over instances that are used again."""
    free: dict[str, list[duckdb.DuckDBPyConnection]] = {}
    working: WeakSet[Wire] = WeakSet()
    opening = duckdb.connect

    def connect(path: str, config: dict[str, Any]) -> Wire:
        kind = str(sorted(config.items()))
        idle = free.setdefault(kind, [])
        wire = Wire(idle.pop() if idle else opening(path, config=config), crossings, lambda raw: _rest(raw, idle))
        working.add(wire)
        return wire

    crossings.at_death(lambda: [wire.close() for wire in list(working)] and None)
    with patch.object(duckdb, "connect", connect):
        yield
    for idle in free.values():
        for raw in idle:
            raw.close()


def _rest(raw: duckdb.DuckDBPyConnection, idle: list[duckdb.DuckDBPyConnection]) -> None:
    """As if it had just been opened; one that cannot be made so goes."""
    try:
        with suppress(duckdb.TransactionException):
            raw.execute("ROLLBACK")
        raw.execute(f"DETACH DATABASE IF EXISTS {WAREHOUSE}")
        for kind, database, schema, name in raw.execute(USER_OBJECTS).fetchall():
            location = f'"{database}"."{schema}"' if kind == "SCHEMA" else f'"{database}"."{schema}"."{name}"'
            raw.execute(f"DROP {kind} IF EXISTS {location} CASCADE")
        raw.unregister("page")
        idle.append(raw)
    except duckdb.Error:
        raw.close()
