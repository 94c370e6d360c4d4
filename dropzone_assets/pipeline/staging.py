"""Staging: the temporary relations of one piece of work, each under a unique name."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from dropzone_assets.engine import Connection, quote

_NUMBERS = count()


class Staging:
    """What is staged in a connection. No two relations have one name, whoever makes them, so none is read by chance."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def table(self, what: str, query: str, parameters: Sequence[Any] = ()) -> str:
        """Keep what a query gives; the name of the table."""
        name = _name(what)
        self.connection.execute(f"CREATE TEMP TABLE {name} AS {query}", list(parameters))
        return name

    def empty(self, what: str, columns: Mapping[str, str]) -> str:
        """A table with these columns (name → DuckDB type) and no rows; its name."""
        name = _name(what)
        fields = ", ".join(f"{quote(column)} {kind}" for column, kind in columns.items())
        self.connection.execute(f"CREATE TEMP TABLE {name} ({fields})")
        return name

    def columns(self, what: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> str:
        """A table with these columns and rows; its name."""
        name = self.empty(what, columns)
        lists = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(columns.values(), start=1))
        turned = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]
        self.connection.execute(f"INSERT INTO {name} SELECT {lists}", turned)
        return name

    def view(self, what: str, query: str) -> str:
        """What a query gives whenever it is asked; the name of the view."""
        name = _name(what)
        self.connection.execute(f"CREATE TEMP VIEW {name} AS {query}")
        return name


def _name(what: str) -> str:
    return f"_{what}_{next(_NUMBERS)}"
