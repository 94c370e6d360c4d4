"""What is new: how deliveries come into the ledger."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, literal, or_, select, union_all, update

from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book, row_of
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.schema import (
    UNUSUAL,
    its_parent,
    its_source,
    its_state,
    its_table,
    now,
    unusual_kind,
)
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import by_index, chunks, elements, upsert
from dropzone_assets.ledger.states import FAILED, GONE, RETRACTED, SIDECAR, SUPERSEDED
from dropzone_assets.ledger.writing import writing


class Arrivals(Book):
    """Which files are new, and what comes back."""

    def unusual(self, keys: str) -> dict[str, str]:
        """Those of the listed keys that are not simply known, with what they are.

        They are *new*, *superseded* (an older version is back), *nameless* (no contract recognised the file), *left*
        (the file has been taken from its source, and is there again) or *gone* (it was gone without our doing, and is
        there again). One statement, whatever the number of keys.

        Args:
            keys: a JSON array; neighbours in the book are found faster when they are sorted.
        """
        listed, again = (elements(self._engine, "keys").alias(name) for name in ("listed", "again"))
        known = select(book.c.key).where(book.c.key == listed.c.value)
        new = select(listed.c.value, literal("new").label("what")).where(~known.exists())
        unusual = by_index(select(book.c.key, unusual_kind.label("what")), UNUSUAL)
        back = select(again.c.value, unusual.c.what).join(unusual, unusual.c.key == again.c.value)
        query = union_all(new, back.where(unusual.c.what > ""))
        with self._engine.connect() as connection:
            return {row.value: row.what for row in connection.execute(query, {"keys": keys})}

    def arrival(self, source: str, paths: Sequence[str]) -> datetime:
        """The moment at which something arrives at `paths`: now, but after all that ever arrived there.

        Of several versions of a file the one that arrived last counts, also where the clock was set back.
        """
        newest = [now()]
        with self._engine.connect() as connection:
            for chunk in chunks(paths):
                query = select(func.max(book.c.arrived)).where(book.c.path.in_(chunk), its_source == source)
                newest += [last + timedelta(microseconds=1) for last in connection.scalars(query) if last]
        return max(newest)

    def record(self, new: Iterable[Delivery]) -> None:
        """Write new deliveries down; those already known stay as they are."""
        values = [row_of(delivery) for delivery in new]
        insert = upsert(self._engine, book).on_conflict_do_nothing()
        with writing(self._engine) as connection:
            for chunk in chunks(values):
                connection.execute(insert, chunk)

    def restore(self, keys: Sequence[str], arrived: datetime) -> None:
        """Those of these deliveries that are superseded become pending, as if they had `arrived` only then.

        What no contract recognised is as it was: failed.
        """
        with writing(self._engine) as connection:
            for chunk in chunks(keys):
                mine, at = book.c.key.in_(chunk), {"arrived": arrived}
                move(connection, states.RETURN_NAMELESS, mine, its_table == "", values=at)
                move(connection, states.RETURN, mine, its_table != "", values=at)

    def brought(self, keys: Sequence[str], parent: Delivery) -> None:
        """An archive has brought these: what an older one brought is of the newer one now, and counts again.

        So does what was taken back with the older one; what was taken back alone does not.
        """
        origin, other = {"parent": parent.key, "arrived": parent.arrived}, book.alias()
        # A member that a person took back stays away when its archive was only gone for a while.
        both = or_(other.c.leaving != GONE, book.c.leaving == GONE)
        older = select(other.c.key).where(other.c.key == book.c.parent, other.c.state == RETRACTED, both)
        with writing(self._engine) as connection:
            for chunk in chunks(keys):
                mine = (book.c.key.in_(chunk), book.c.arrived < parent.arrived)
                move(connection, states.BRING, *mine, or_(its_state == SUPERSEDED, older.exists()), values=origin)
                connection.execute(update(book).where(*mine).values(**origin))

    def nameless(self, source: str) -> list[Delivery]:
        """Failed deliveries of `source` that no contract recognised."""
        return self._find(book.c.state == FAILED, its_table == "", its_source == source, its_parent == "")

    def adopt(self, delivery: Delivery) -> None:
        """A contract recognises a delivery that none recognised before."""
        values = {"table_name": delivery.table, "file_time": delivery.file_time, "file_date": delivery.file_date}
        with writing(self._engine) as connection:
            move(connection, states.RECOGNISE, book.c.key == delivery.key, said=delivery.table, values=values)

    def sidecars(self, source: str, paths: Sequence[str]) -> set[str]:
        """Those of `paths` at which a sidecar has been listed."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for chunk in chunks(paths):
                mine = (book.c.path.in_(chunk), its_source == source, its_state == SIDECAR)
                found.update(connection.scalars(select(book.c.path).where(*mine)))
        return found

    def older_files(self, delivery: Delivery) -> list[str]:
        """Earlier versions, by key, of a file that is no table's."""
        found = self._find(book.c.path == delivery.path, its_source == delivery.source, its_table == FILES)
        return [d.key for d in found if d.arrived < delivery.arrived and d.key != delivery.key]

    def failed_inside(self, parents: Sequence[str]) -> list[str]:
        """The failed members, by key, of these deliveries."""
        return [
            delivery.key
            for chunk in chunks(parents)
            for delivery in self._find(book.c.parent.in_(chunk), its_state == FAILED)
        ]
