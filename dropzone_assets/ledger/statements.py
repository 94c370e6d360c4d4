"""Statements that the databases write differently, and how many values one may hold."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Engine,
    FromClause,
    Index,
    Select,
    String,
    Subquery,
    Table,
    bindparam,
    cast,
    func,
)
from sqlalchemy.dialects import postgresql, sqlite

Item = TypeVar("Item")

CHUNK = 500
"""Values per statement: below the number of variables every database takes."""


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in pieces that fit into one statement each."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def total(counted: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum that is an integer; PostgreSQL makes a numeric of the sum of large ones."""
    return cast(func.sum(counted), BigInteger)


def upsert(engine: Engine, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say ON CONFLICT."""
    return sqlite.insert(table) if engine.dialect.name == "sqlite" else postgresql.insert(table)


def by_index(query: Select[Any], index: Index) -> Subquery:
    """What is selected of a table, to be found by this index alone: SQLite thinks any unique index is better.

    A hint ends a statement, so nothing may stand behind the table. An index of some rows needs a condition that no
    other row meets, outside.
    """
    return query.with_statement_hint(f"INDEXED BY {index.name}", "sqlite").subquery()


def elements(engine: Engine, name: str) -> FromClause:
    """The texts of a JSON array, given as the parameter `name`, as a table with the column `value`."""
    given = bindparam(name, type_=String)
    if engine.dialect.name == "sqlite":
        return func.json_each(given).table_valued("value")
    return func.json_array_elements_text(cast(given, postgresql.JSON)).table_valued("value")
