"""What is asked of deliveries and their counts: nothing is written here."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, distinct, func, or_, select

from dropzone_assets.files import Delivery, name_of
from dropzone_assets.ledger.book import FACTS, Book, oldest_first
from dropzone_assets.ledger.rows import (
    ArrivalRow,
    Contributor,
    Counts,
    DateCounts,
    DeliveryRow,
    JournalRow,
    LoadedRow,
    Since,
)
from dropzone_assets.ledger.schema import KEPT_AS_IT_WAS, contributions, its_state, its_table
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import journal as entries
from dropzone_assets.ledger.statements import chunks, total
from dropzone_assets.ledger.states import (
    FAILED,
    FETCH,
    LINKED,
    LOADED,
    NOT_COUNTING,
    OPENED,
    PENDING,
    RETRACTED,
    STORED,
)

FAILURE = or_(book.c.state == FAILED, KEPT_AS_IT_WAS)
"""A person has to act."""


class Queries(Book):
    """The reading side of the first book."""

    def failures(self, table: str | None = None, limit: int | None = None) -> list[DeliveryRow]:
        """The failed deliveries (of one table), newest first; also loaded ones whose raw copy is doubtful."""
        query = select(book).where(FAILURE).limit(limit)
        return self._newest(query if table is None else query.where(book.c.table_name == table))

    def troubles(self, *, waiting: bool = True) -> list[Since]:
        """The failed deliveries, as `failures` has them, and (when `waiting`) those that wait or whose run has died.

        Newest first; `since`: when each last failed.
        """
        last = select(func.max(entries.c.at)).where(entries.c.key == book.c.key, entries.c.event == "failed")
        query = select(book, last.scalar_subquery().label("since"))
        again = and_(book.c.state.in_(PENDING), or_(book.c.waits > 0, book.c.attempts > 1))
        return [
            row
            for mine in (FAILURE, again)[: 1 + waiting]
            for row in self._rows(Since, newest_first(query.where(mine)))
        ]

    def pending_apart(self, tables: Collection[str]) -> list[DeliveryRow]:
        """The pending deliveries of other tables than these, newest first."""
        return self._newest(select(book).where(book.c.state.in_(PENDING), its_table.not_in(list(tables))))

    def everything(self, table: str = "", limit: int | None = None) -> list[DeliveryRow]:
        """All deliveries (of one table), newest first."""
        query = select(book).limit(limit)
        return self._newest(query.where(book.c.table_name == table) if table else query)

    def entries(self, keys: Sequence[str]) -> list[DeliveryRow]:
        """All that is written of these deliveries."""
        of = [oldest_first(select(book).where(book.c.key.in_(chunk))) for chunk in chunks(keys)]
        return [row for query in of for row in self._rows(DeliveryRow, query)]

    def sizes(self) -> dict[tuple[str, str], int]:
        """Table and state → bytes of the deliveries."""
        query = select(book.c.table_name, book.c.state, func.sum(book.c.size)).group_by(book.c.table_name, book.c.state)
        with self._engine.connect() as connection:
            return {(table, state): int(size) for table, state, size in connection.execute(query)}

    def per_table(self) -> list[Counts]:
        """Per table and state: files, rows_read, valid, quarantined, last loaded_at."""
        query = (
            select(
                book.c.table_name,
                book.c.state,
                func.count().label("files"),
                *(total(book.c[name]).label(name) for name in ("rows_read", "valid", "quarantined")),
                func.max(book.c.loaded_at).label("loaded_at"),
            )
            .group_by(book.c.table_name, book.c.state)
            .order_by(book.c.table_name)
        )
        return self._rows(Counts, query)

    def per_date(self, dates: Sequence[date]) -> list[DateCounts]:
        """Per table and file date, over the loaded deliveries: files, bytes, rows_read, valid, quarantined, late."""
        sums = ("rows_read", "valid", "quarantined", "late")
        query = (
            select(
                book.c.table_name,
                book.c.file_date,
                func.count().label("files"),
                total(book.c.size).label("bytes"),
                *(total(book.c[name]).label(name) for name in sums),
            )
            .where(its_state == LOADED, book.c.file_date.in_(list(dates)))
            .group_by(book.c.table_name, book.c.file_date)
        )
        return self._rows(DateCounts, query)

    def days(self, table: str) -> list[date]:
        """The file dates of a table that have loaded deliveries."""
        query = select(book.c.file_date).where(book.c.table_name == table, its_state == LOADED).distinct()
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def tables(self) -> list[str]:
        """Every table that deliveries have been of."""
        with self._engine.connect() as connection:
            query = select(book.c.table_name).where(book.c.table_name != "").distinct().order_by(book.c.table_name)
            return list(connection.scalars(query))

    def any_loaded(self) -> bool:
        """Whether any delivery is loaded."""
        query = select(book.c.key).where(book.c.state == LOADED).limit(1)
        with self._engine.connect() as connection:
            return connection.scalar(query) is not None

    def all_loaded(self) -> list[LoadedRow]:
        """Every loaded delivery: key, table_name, source, path, file_date, loaded_at."""
        names = ("key", "table_name", "source", "path", "file_date", "loaded_at")
        query = select(*(book.c[name] for name in names))
        return self._rows(LoadedRow, query.where(book.c.state == LOADED))

    def raw_sample(self) -> list[Delivery]:
        """A few deliveries whose bytes are in the raw zone: those copied last, and some of any time.

        Those of which a person was told that their copies are lost are left out.
        """
        copied = select(entries.c.key).where(entries.c.event == "fetched").order_by(entries.c.number.desc()).limit(4)
        kept = select(*FACTS).where(book.c.content_hash > "", book.c.stage + "" != FETCH)
        some = [kept.order_by(order).limit(4) for order in (book.c.content_hash, book.c.content_hash.desc())]
        with self._engine.connect() as connection:
            found = [row for query in (kept.where(book.c.key.in_(copied)), *some) for row in connection.execute(query)]
        return list({row.key: Delivery(*row) for row in found}.values())

    def span(self, table: str) -> tuple[date, date] | None:
        """The first and the newest file date of a table, whatever became of the files; None where there is no file."""
        mine = book.c.table_name == table
        with self._engine.connect() as connection:
            # Asked one by one, each is one step into the index.
            ends = [connection.scalar(select(end(book.c.file_date)).where(mine)) for end in (func.min, func.max)]
        return (ends[0], ends[1]) if ends[0] and ends[1] else None

    def arrivals(self, table: str, dates: Sequence[date]) -> list[ArrivalRow]:
        """The deliveries of these file dates that may count: file_date, state, arrived, files."""
        what = (book.c.file_date, book.c.state, book.c.arrived)
        query = select(*what, func.count().label("files")).where(book.c.table_name == table)
        found: list[ArrivalRow] = []
        for chunk in chunks(dates):
            mine = (book.c.file_date.in_(chunk), its_state.not_in(NOT_COUNTING))
            found += self._rows(ArrivalRow, query.where(*mine).group_by(*what).order_by(book.c.arrived))
        return found

    def tallies(self, table: str, dates: Sequence[date]) -> list[DeliveryRow]:
        """The loaded deliveries of these file dates with their counts."""
        mine = (book.c.table_name == table, its_state == LOADED, book.c.file_date.in_(list(dates)))
        return self._rows(DeliveryRow, oldest_first(select(book).where(*mine)))

    def last_entry(self) -> int:
        """The number of the newest entry in the journal; 0 where there is none."""
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.max(entries.c.number))) or 0)

    def worked_on(self, after: int) -> int:
        """How many deliveries have got to where nothing more is to be done, since the journal had this last entry."""
        return self._happened(after, LOADED, LINKED, OPENED, STORED)

    def taken_back(self, after: int) -> int:
        """How many deliveries have been taken back since then."""
        return self._happened(after, RETRACTED)

    def _happened(self, after: int, *events: str) -> int:
        done = (entries.c.number > after, entries.c.event.in_(events))
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count(distinct(entries.c.key))).where(*done)) or 0)

    def journal(self, key: str) -> list[JournalRow]:
        """What happened to a delivery after it was listed, oldest first: at, event, run, said."""
        return self._rows(JournalRow, select(entries).where(entries.c.key == key).order_by(entries.c.number))

    def contributors(self, table: str, day: date) -> list[Contributor]:
        """The loaded deliveries that have valid rows on a data date, with `on_day`, how many; oldest file first."""
        mine = (contributions.c.table_name == table, contributions.c.data_date == day)
        query = select(book, contributions.c.valid.label("on_day")).join(
            contributions, contributions.c.key == book.c.key
        )
        return self._rows(Contributor, oldest_first(query.where(*mine)))

    def named(self, file: str) -> list[DeliveryRow]:
        """All versions of files with this path, or where there is none, of those with this name, oldest first."""
        ending = and_(book.c.name == name_of(file), book.c.path.endswith(f"/{file}", autoescape=True))
        exact = self._rows(DeliveryRow, oldest_first(select(book).where(book.c.path == file)))
        return exact or self._rows(DeliveryRow, oldest_first(select(book).where(ending)))

    def paths(self) -> list[str]:
        """Every path that was ever listed."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(book.c.path).distinct()))

    def copies(self, keys: Sequence[str]) -> list[DeliveryRow]:
        """Other deliveries that are linked to these."""
        found: list[DeliveryRow] = []
        for chunk in chunks(keys):
            query = select(book).where(book.c.same_as.in_(chunk), its_state == LINKED)
            found += self._rows(DeliveryRow, oldest_first(query))
        mine = set(keys)
        return [row for row in found if row.key not in mine]

    def on_days(self, keys: Sequence[str]) -> dict[tuple[str, date], int]:
        """How many valid rows of these deliveries are of each table and data date."""
        found: Counter[tuple[str, date]] = Counter()
        with self._engine.connect() as connection:
            for chunk in chunks(keys):
                for row in connection.execute(select(contributions).where(contributions.c.key.in_(chunk))):
                    found[row.table_name, row.data_date] += row.valid
        return dict(sorted(found.items()))

    def data_dates(self, key: str) -> dict[date, int]:
        """The data dates on which a delivery has valid rows, and how many."""
        query = select(contributions).where(contributions.c.key == key).order_by(contributions.c.data_date)
        with self._engine.connect() as connection:
            return {row.data_date: row.valid for row in connection.execute(query)}

    def _newest(self, query: Select[Any]) -> list[DeliveryRow]:
        return self._rows(DeliveryRow, newest_first(query))


def newest_first(query: Select[Any]) -> Select[Any]:
    """What arrived last first; of one moment, in the order of paths."""
    return query.order_by(book.c.arrived.desc(), book.c.path)
