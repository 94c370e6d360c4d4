"""Which senders are to be told what became of their files, and which have been."""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, func, or_, select, update

from dropzone_assets.ledger.book import Book, oldest_first
from dropzone_assets.ledger.rows import DeliveryRow
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import its_parent, its_source, now
from dropzone_assets.ledger.schema import journal as entries
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import LINKED, LOADED, PENDING, SIDECAR
from dropzone_assets.ledger.writing import writing


class Receipts(Book):
    """The outbox of receipts: a delivery is in it while `answered` is empty."""

    def due(self, source: str, after: str, limit: int) -> list[str]:
        """Paths behind `after` of which all is decided that came in them, and of which the sender has not been told.

        A copy is decided once what it is a copy of is loaded.
        """
        other = book.alias()
        original = select(other.c.key).where(other.c.key == book.c.same_as, other.c.state + "" == LOADED)
        open_ = or_(book.c.state.in_(PENDING), and_(book.c.state == LINKED, ~original.exists()))
        around = select(book.c.key, book.c.parent).where(open_).cte(recursive=True)
        up = book.alias()
        around = around.union(select(up.c.key, up.c.parent).join(around, up.c.key == around.c.parent))
        rival = book.alias()
        rivals = select(rival.c.key).where(
            *(rival.c.path == book.c.path, rival.c.source + "" == book.c.source, rival.c.parent + "" == ""),
            rival.c.key.in_(select(around.c.key)),
        )
        query = select(book.c.path).where(
            *(book.c.source == source, book.c.parent == "", book.c.answered.is_(None)),
            *(book.c.state != SIDECAR, book.c.path > after, ~rivals.exists()),
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query.distinct().order_by(book.c.path).limit(limit)))

    def of_path(self, source: str, path: str) -> list[DeliveryRow]:
        """Every version of a file that came in no other, oldest first."""
        mine = (book.c.path == path, its_source == source, its_parent == "", book.c.state != SIDECAR)
        return sorted(self._rows(DeliveryRow, oldest_first(select(book).where(*mine))), key=lambda row: row.arrived)

    def events(self, keys: Sequence[str]) -> int:
        """How much has happened to these deliveries: the number grows with each thing that does."""
        with self._engine.connect() as connection:
            return _events(connection, keys)

    def sent(self, keys: Sequence[str], about: Sequence[str], events: int) -> None:
        """The senders of these deliveries have been told, unless more than `events` has happened to those `about`."""
        with writing(self._engine) as connection:
            mine = update(book).where(book.c.key.in_(list(keys)))
            connection.execute(mine.values(answered=now()))  # first, so that whoever decides meanwhile waits for us
            if _events(connection, about) != events:
                connection.execute(mine.values(answered=None))


def _events(connection: Connection, keys: Sequence[str]) -> int:
    count = select(func.count()).select_from(entries)
    unique = list(dict.fromkeys(keys))
    return sum(int(connection.scalar(count.where(entries.c.key.in_(chunk))) or 0) for chunk in chunks(unique))
