"""Versions that an earlier release wrote with fewer facts, and what they are called now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from dropzone_assets.files import Listed
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book
from dropzone_assets.ledger.journal import notes
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import COUNTS, FAILED, LINKED, LOADED, OPENED, STORED
from dropzone_assets.ledger.writing import writing

DIFFERENCES = ("rows_added", "rows_removed", "rows_changed")


class Renewals(Book):
    """Deliveries that go on under another version, without a byte being read."""

    def renewed(self, listed: Mapping[str, Listed], arrived: datetime) -> set[str]:
        """These deliveries (key → how it is listed now) are the same file as before; the new keys.

        One that is loaded stays so, and the new one is linked to it. Of what has failed, or is no table's, the new one
        takes the place. What is in another state is not renewed.

        Args:
            arrived: after all that ever arrived at these paths.
        """
        done: set[str] = set()
        for chunk in chunks(list(listed)):
            with writing(self._engine) as connection:
                mine = (book.c.key.in_(chunk), book.c.state.in_((LOADED, LINKED, FAILED, OPENED, STORED)))
                rows = list(connection.execute(select(book).where(*mine, book.c.table_name != "")))
                values = [_renewed(row._asdict(), listed[row.key], arrived) for row in rows]
                if not values:
                    continue
                connection.execute(insert(book), values)
                said = [(listed[row.key].key, f"Unchanged since it was listed as {row.version}.") for row in rows]
                notes(connection, "renewed", said)
                again = [(listed[row.key].key, f"{row.stage}: {row.reason}") for row in rows if row.state == FAILED]
                notes(connection, "failed", again)
                for row in rows:
                    if row.state not in (LOADED, LINKED):
                        move(connection, states.SUPERSEDE, book.c.key == row.key)
                        inside = update(book).where(book.c.parent == row.key)
                        connection.execute(inside.values(parent=listed[row.key].key))
                done |= {value["key"] for value in values}
        return done


def _renewed(row: dict[str, Any], item: Listed, arrived: datetime) -> dict[str, Any]:
    """The row of the new delivery."""
    new = {**row, "key": item.key, "version": item.version, "arrived": arrived, "batch": "", "lot": "", "leaving": ""}
    if row["state"] == LOADED:
        new |= {"state": LINKED, "same_as": row["key"], "loaded_at": None}
        new |= dict.fromkeys(COUNTS, 0) | dict.fromkeys(DIFFERENCES)
    return new
