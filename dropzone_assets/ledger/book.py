"""What the parts of the ledger that are about deliveries share: how deliveries are found and read."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, and_, func, select

from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger.rows import DeliveryRow
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks

Kind = TypeVar("Kind")


class Book:
    """One part of what is written of deliveries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _find(self, *where: Any) -> list[Delivery]:
        with self._engine.connect() as connection:
            return [Delivery(*row) for row in connection.execute(oldest_first(select(*FACTS).where(*where)))]

    def _rows(self, kind: Callable[..., Kind], query: Select[Any]) -> list[Kind]:
        with self._engine.connect() as connection:
            return [kind(*row) for row in connection.execute(query)]

    def _count(self, *where: Any) -> int:
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(book).where(*where)) or 0)


def oldest_first(query: Select[Any]) -> Select[Any]:
    """The oldest file first; of one time, in the order of names and arrival."""
    return query.order_by(book.c.file_time, book.c.path, book.c.arrived, book.c.key)


FACTS = tuple(book.c["table_name" if each.name == "table" else each.name] for each in fields(Delivery))
"""The columns of which a delivery is made, in its order; to read no others is three times faster."""

_facts_of = attrgetter(*(column.name for column in FACTS))


def delivery_of(row: DeliveryRow) -> Delivery:
    """The delivery that is written in a row."""
    return Delivery(*_facts_of(row))


KNOWN = (
    *("key", "source", "path", "name", "version", "size", "arrived", "file_time", "file_date"),
    *("state", "content_hash", "parent"),
)
"""What is known of a delivery when it comes, beside its table."""


def row_of(delivery: Delivery) -> dict[str, object]:
    """The row of a delivery that comes."""
    return {"table_name": delivery.table, **{name: getattr(delivery, name) for name in KNOWN}}


def with_members(connection: Connection, keys: Sequence[str]) -> list[str]:
    """These deliveries, the members and shares in them, and those in these.

    A member that only an older version of an archive had is in the archive too: its rows have stayed.
    """
    found = dict.fromkeys(keys)
    level = list(found)
    while level:
        inside = [
            key
            for chunk in chunks(level)
            for parents in (chunk, _older(chunk))
            for key in connection.scalars(select(book.c.key).where(book.c.parent.in_(parents)))
        ]
        level = [key for key in inside if key not in found]
        found |= dict.fromkeys(level)
    return list(found)


def _older(keys: Sequence[str]) -> Select[tuple[str]]:
    """Older versions of those of these deliveries that are no table's."""
    newer, older = book.alias(), book.alias()
    before = and_(older.c.path == newer.c.path, older.c.source == newer.c.source, older.c.arrived < newer.c.arrived)
    files = (newer.c.key.in_(keys), newer.c.table_name + "" == FILES, older.c.table_name + "" == FILES)
    return select(older.c.key).join(newer, before).where(*files)
