"""The journal: what happened to each delivery, written down in the transaction that made it happen."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, literal, select

from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import journal, now
from dropzone_assets.ledger.statements import chunks

_RUN = ContextVar("run", default="")


@contextmanager
def working(run: str) -> Iterator[None]:
    """What happens in the block is the work of this run: its id stands in the journal."""
    token = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(token)


def note(connection: Connection, event: str, *where: ColumnElement[bool], said: str = "") -> None:
    """`event` happens to all deliveries for which `where` holds now; so it is said before they change."""
    facts = {"at": now(), "event": event, "run": _RUN.get(), "said": said}
    kinds = journal.c
    values = (literal(value, kinds[name].type) for name, value in facts.items())
    chosen = select(book.c.key, *values).where(*where).order_by(book.c.key)
    connection.execute(insert(journal).from_select(["key", *facts], chosen))


def note_each(connection: Connection, event: str, said: Iterable[tuple[str, str]], *where: ColumnElement[bool]) -> None:
    """`event` happens to those of these deliveries for which `where` holds now, by key, each with words of its own."""
    facts = {"at": now(), "event": event, "run": _RUN.get()}
    values = (literal(value, journal.c[name].type) for name, value in facts.items())
    own = (book.c.key, *values, bindparam("b_said", type_=journal.c.said.type))
    chosen = select(*own).where(book.c.key == bindparam("b_key"), *where)
    given = [{"b_key": key, "b_said": words} for key, words in said]
    connection.execute(insert(journal).from_select(["key", *facts, "said"], chosen), given)


def notes(connection: Connection, event: str, said: Iterable[tuple[str, str]]) -> None:
    """`event` happens to each of these deliveries, by key, with what is to be said of it."""
    facts = {"at": now(), "event": event, "run": _RUN.get()}
    values: list[dict[str, Any]] = [{"key": key, "said": words, **facts} for key, words in said]
    for chunk in chunks(values):
        connection.execute(insert(journal), list(chunk))
