"""Which files need not stay where they came from, and which have left."""

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger.book import Book
from dropzone_assets.ledger.publication import holding_unpublished, unpublished
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import FAILED, GONE, LEAVING, LINKED, LOADED, PENDING, SAFE
from dropzone_assets.ledger.writing import writing


class Retirement(Book):
    """How files leave their source."""

    def candidates(self, source: str, *, published: bool) -> list[Delivery]:
        """Deliveries of `source` that need it no more, and whose files have not left it.

        A member that is pending or has failed keeps its archive at the source, and the one around it. A file stays
        while another version of it is pending: the one that is loaded may be about to be replaced. A copy stays until
        what it is a copy of is loaded.

        Args:
            published: only those whose rows are all in the lake, also those that what came in them has brought.
        """
        other = book.alias()
        needed = select(book.c.parent.label("key")).where(book.c.state.in_((*PENDING, FAILED)), book.c.parent != "")
        around = needed.cte(recursive=True)
        around = around.union(select(book.c.parent).join(around, book.c.key == around.c.key).where(book.c.parent != ""))
        rivals = (other.c.source == source, other.c.path == book.c.path, other.c.state.in_(PENDING))
        original = (other.c.key == book.c.same_as, other.c.state == LOADED)
        in_lake = (~unpublished(book.c.key), ~unpublished(book.c.same_as)) if published else ()
        found = self._find(
            *(
                book.c.source == source,
                book.c.leaving.in_(("", LEAVING, GONE)),
                book.c.parent == "",
                book.c.state.in_(SAFE),
            ),
            book.c.key.not_in(select(around.c.key)),
            ~select(other.c.key).where(*rivals).exists(),
            or_(book.c.state != LINKED, select(other.c.key).where(*original).exists()),
            *in_lake,
        )
        staying = holding_unpublished(self._engine, [d.key for d in found if d.table == FILES]) if published else set()
        return [delivery for delivery in found if delivery.key not in staying]

    def mark(self, keys: Sequence[str], what: str) -> None:
        """The files of these deliveries are about to leave, have left, or (empty) are there again."""
        with writing(self._engine) as connection:
            for chunk in chunks(keys):
                connection.execute(update(book).where(book.c.key.in_(chunk)).values(leaving=what))
