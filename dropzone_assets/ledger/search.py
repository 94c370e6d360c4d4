"""Search: deliveries found by what a person knows of them; every question is answered from an index."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from dropzone_assets.files import name_of
from dropzone_assets.ledger.book import Book, Kind
from dropzone_assets.ledger.rows import ContributionRow, DeliveryRow, JournalRow, Replaced, SightingRow
from dropzone_assets.ledger.schema import contributions, its_source, its_state, its_table, sightings
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import journal as entries
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import SUPERSEDED

Location = tuple[str, str]
"""A source and a path at it."""

WIDE = 2_000
"""Members looked at, and versions of one file told, at most: nobody reads more."""


class Search(Book):
    """Answers in a moment among a million deliveries."""

    def locations(self, text: str, source: str = "", most: int = 20) -> list[Location]:
        """Where a file is known: by key, by its whole path, else by the end of it, else as it is called on a disk."""
        own = [its_source == source] if source else []
        name = book.c.name == name_of(text)
        for where in ([book.c.key == text], [name, book.c.path == text]):
            if found := self._locations([*where, *own], most):
                return found
        ending = book.c.path.endswith(f"/{text}", autoescape=True)
        found = [
            location for location in self._locations([name, ending, *own], WIDE) if location[1].endswith(f"/{text}")
        ]
        at_desk = [] if found else [p for p in self._locations([name, *own], WIDE) if text.endswith(f"/{p[1]}")]
        return (found or at_desk)[:most]

    def versions(self, location: Location) -> list[DeliveryRow]:
        """Every delivery of one file that was ever listed, newest first; shares of it come in them."""
        source, path = location
        query = select(book).where(book.c.path == path, its_source == source)
        return self._rows(DeliveryRow, query.order_by(book.c.arrived.desc(), book.c.key).limit(WIDE))

    def inside(self, keys: Sequence[str]) -> list[DeliveryRow]:
        """What came in these deliveries: members and shares, by path."""
        return self._each(DeliveryRow, select(book).order_by(book.c.path).limit(WIDE), book.c.parent, keys)

    def of_keys(self, keys: Sequence[str]) -> list[DeliveryRow]:
        """These deliveries, with all that is known of them."""
        return self._each(DeliveryRow, select(book), book.c.key, keys)

    def copies(self, keys: Sequence[str]) -> list[DeliveryRow]:
        """Deliveries that are linked to these."""
        return self._each(DeliveryRow, select(book).order_by(book.c.path).limit(WIDE), book.c.same_as, keys)

    def journals(self, keys: Sequence[str]) -> dict[str, list[JournalRow]]:
        """Key → what happened to it after it was listed, oldest first: at, event, run, said."""
        found: dict[str, list[JournalRow]] = {}
        for row in self._each(JournalRow, select(entries).order_by(entries.c.number), entries.c.key, keys):
            found.setdefault(row.key, []).append(row)
        return found

    def days(self, keys: Sequence[str]) -> list[ContributionRow]:
        """The data dates on which these have valid rows: key, table_name, data_date, valid."""
        query = select(contributions).order_by(contributions.c.data_date)
        return self._each(ContributionRow, query, contributions.c.key, keys)

    def replaced(self, keys: Sequence[str]) -> list[Replaced]:
        """The superseded versions of the files that these deliveries are of, newest first."""
        newer = book.alias()
        same = and_(newer.c.path == book.c.path, newer.c.source == its_source, newer.c.table_name == its_table)
        query = select(book, newer.c.key.label("by")).select_from(newer).join(book, same)
        query = query.where(its_state == SUPERSEDED, book.c.loaded_at.is_not(None)).order_by(book.c.arrived.desc())
        return self._each(Replaced, query, newer.c.key, keys)

    def near(self, name: str, most: int = 60) -> list[str]:
        """Names that begin as `name` does, or stand beside it in the order of the alphabet."""
        found: list[str] = []
        half = name[: max(3, len(name) // 2)]
        with self._engine.connect() as connection:
            for begin in dict.fromkeys((name, name.lower(), name.upper(), half, half.lower(), half.upper())):
                after = (book.c.name >= begin, book.c.name < begin + "\U0010ffff")
                query = select(book.c.name).where(*after).order_by(book.c.name).limit(most)
                found += connection.scalars(query)
            for beside, order in ((book.c.name < name, book.c.name.desc()), (book.c.name > name, book.c.name)):
                found += connection.scalars(select(book.c.name).where(beside).order_by(order).limit(5))
        return list(dict.fromkeys(found))

    def sighted(self, text: str) -> list[SightingRow]:
        """Files seen and not taken yet whose path is, or ends with, `text`: source, path, first_seen."""
        query = select(sightings).where(
            or_(sightings.c.path == text, sightings.c.path.endswith(f"/{text}", autoescape=True))
        )
        return self._rows(SightingRow, query.limit(WIDE))

    def _locations(self, where: list[Any], most: int) -> list[Location]:
        query = select(book.c.source, book.c.path).where(*where).distinct().limit(most)
        with self._engine.connect() as connection:
            return [(row.source, row.path) for row in connection.execute(query)]

    def _each(
        self, kind: Callable[..., Kind], query: Select[Any], column: ColumnElement[str], keys: Sequence[str]
    ) -> list[Kind]:
        return [row for chunk in chunks(keys) for row in self._rows(kind, query.where(column.in_(chunk)))]
