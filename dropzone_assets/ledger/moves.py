"""What makes something happen to deliveries: the change and its entry in the journal, in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, or_, update

from dropzone_assets.ledger.journal import note, note_each
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import its_state
from dropzone_assets.ledger.states import Move

Values = Mapping[str, Any]
"""Column → what is written in it."""


def move(
    connection: Connection,
    what: Move,
    *where: ColumnElement[bool],
    said: str = "",
    values: Values | None = None,
) -> int:
    """Make `what` happen to the deliveries that match `where` and are in a state of `what.before`; how many.

    Args:
        where: conditions that an index answers; the condition on the state uses none.
        said: what the journal says of it.
        values: column → what else is written, a value or an expression over the columns as they were.
    """
    mine = (*where, its_state.in_(what.before))
    if what.event:
        note(connection, what.event, *mine, said=said)
    return int(connection.execute(update(book).where(*mine).values({**_changed(what), **(values or {})})).rowcount)


def move_each(connection: Connection, what: Move, found: Sequence[Values], said: Sequence[str]) -> None:
    """Make `what` happen to these deliveries, to each with values and words of its own.

    Args:
        found: of each delivery its `key` and the other columns that are written.
    """
    if not found:
        return
    state = or_(*(its_state == each for each in what.before))  # a statement for many deliveries takes no list of states
    note_each(connection, what.event, ((one["key"], words) for one, words in zip(found, said, strict=True)), state)
    each = [{**{name: value for name, value in one.items() if name != "key"}, "b_key": one["key"]} for one in found]
    connection.execute(update(book).where(book.c.key == bindparam("b_key"), state).values(**_changed(what)), each)


def _changed(what: Move) -> dict[str, Any]:
    """Column → its new value; what is forgotten is as if nothing had ever been written there."""
    empty: dict[str, Any] = {name: _EMPTY[name] for name in what.forgets}
    return {**empty, "state": what.after} if what.after else empty


_EMPTY = {column.name: getattr(column.default, "arg", None) for column in book.columns}
