"""Answers that are owed to senders: what is decided is due to be told, in the transaction that decides it."""

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select, update

from dropzone_assets.files import FILES
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import its_parent, its_state, its_table
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import LINKED


def owe(connection: Connection, keys: Sequence[str]) -> None:
    """The senders of these deliveries, of those linked to them, and of what they came in are to be told again."""
    for chunk in chunks(keys):
        linked = select(book.c.key).where(book.c.same_as.in_(chunk), its_state == LINKED)
        first = select(book.c.key).where(book.c.key.in_(chunk)).union(linked).subquery()
        mine = select(first.c.key).cte(recursive=True)
        around = mine.union(select(book.c.parent).join(mine, book.c.key == mine.c.key).where(its_parent != ""))
        sent = or_(book.c.answered.is_not(None), its_table == FILES)  # of an archive somebody may tell just now
        due = (book.c.key.in_(select(around.c.key)), sent)
        connection.execute(update(book).where(*due).values(answered=None))
