"""Which columns an expression of a contract mentions, by DuckDB's own parser: the function `year(t)` is no column."""

import json
from collections.abc import Collection, Iterator

from dropzone_assets import engine
from dropzone_assets.engine import folded


def mentions(expressions: Collection[str], connection: engine.Connection | None = None) -> dict[str, frozenset[str]]:
    """Expression → the names of columns in it, folded. What is no SQL mentions nothing; `prove` says what is wrong.

    Args:
        connection: one that parses for other contracts too.
    """
    if not expressions:
        return {}
    if connection is None:
        with engine.connect() as alone:
            return mentions(expressions, alone)
    return {each: frozenset(_names(_parsed(connection, each))) for each in expressions}


def _parsed(connection: engine.Connection, expression: str) -> object:
    found = engine.rows(connection, "SELECT json_serialize_sql($1)", [f"SELECT {expression}"])
    return json.loads(found[0][0])


def _names(node: object) -> Iterator[str]:
    """The names of all column references below a node of DuckDB's tree."""
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield from map(folded, node.get("column_names", ()))
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _names(each)
