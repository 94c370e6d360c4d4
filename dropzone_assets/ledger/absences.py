"""Files that are gone from their source without our doing, and those of them that are there again."""

from collections.abc import Sequence

from sqlalchemy import String, and_, bindparam, func, select

from dropzone_assets.files import Delivery
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book, oldest_first, with_members
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.retractions import let_in
from dropzone_assets.ledger.rows import Since
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import its_parent, its_state, its_table
from dropzone_assets.ledger.schema import journal as entries
from dropzone_assets.ledger.statements import chunks, elements
from dropzone_assets.ledger.states import CURRENT, FAILED, GONE
from dropzone_assets.ledger.writing import writing


class Absences(Book):
    """What was at a source and is there no more."""

    def missing(self, source: str, paths: str, *, marked: bool) -> list[Delivery]:
        """Deliveries of `source` that count and whose files are not among `paths`; one statement, however many.

        Not those that have left by our doing, nor those that no contract recognised.

        Args:
            paths: a JSON array.
            marked: also those that are known to be gone.
        """
        listed = elements(self._engine, "paths")
        nameless = and_(book.c.state == FAILED, book.c.table_name == "")
        query = select(book.c.key).where(
            *(book.c.source == source, book.c.parent == "", book.c.state.in_(CURRENT), ~nameless),
            book.c.leaving.in_(("", GONE) if marked else ("",)),
            book.c.path.not_in(select(listed.c.value)),
        )
        with self._engine.connect() as connection:
            keys = list(connection.scalars(query, {"paths": paths}))
        return [delivery for chunk in chunks(keys) for delivery in self._find(book.c.key.in_(chunk))]

    def gone(self, keys: Sequence[str]) -> None:
        """The files of these deliveries are gone from their source, and with them all that came in them."""
        with writing(self._engine) as connection:
            for chunk in chunks(with_members(connection, keys)):
                mine = (book.c.key.in_(chunk), book.c.leaving == "")
                move(connection, states.MISS, *mine, values={"leaving": GONE})

    def there_again(self, keys: Sequence[str]) -> None:
        """The files of these are there again: what was taken back because they were gone counts again."""
        with writing(self._engine) as connection:
            for chunk in chunks(with_members(connection, keys)):
                mine = and_(book.c.key.in_(chunk), book.c.leaving == GONE)
                let_in(connection, mine)
                move(connection, states.FIND, mine)

    def taken_again(self, source: str, paths: Sequence[str]) -> list[str]:
        """Files are listed at `paths`: what counts there is not gone any more; its keys."""
        with writing(self._engine) as connection:
            gone = (book.c.leaving == GONE, book.c.source == source, its_parent == "", its_state.in_(CURRENT))
            listed, found = set(paths), connection.execute(select(book.c.key, book.c.path).where(*gone))
            keys = [row.key for row in found if row.path in listed]
            for chunk in chunks(with_members(connection, keys)):
                mine = (book.c.key.in_(chunk), book.c.leaving == GONE, its_state.in_(CURRENT))
                move(connection, states.FIND, *mine)
        return keys

    def absences(self, source: str) -> int:
        """How many deliveries of `source` count though their files are gone, members not among them."""
        mine = (book.c.source == source, book.c.leaving == GONE, book.c.state.in_(CURRENT), book.c.parent == "")
        return self._count(*mine)

    def absent(self, table: str | None = None) -> list[Since]:
        """Deliveries (of one table) that count and whose files are gone, with `since`, oldest file first."""
        event = bindparam("event", GONE, type_=String)
        since = select(func.max(entries.c.at)).where(entries.c.key == book.c.key, entries.c.event == event)
        query = select(book, since.scalar_subquery().label("since")).where(
            book.c.leaving == GONE,
            its_state.in_(CURRENT),
            its_table == table if table is not None else its_parent == "",
        )
        return self._rows(Since, oldest_first(query))
