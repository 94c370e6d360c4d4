"""Which lake partitions and summaries are due: what the warehouse holds against what they were last given."""

from collections.abc import Mapping, Sequence
from datetime import date
from time import time_ns
from typing import NamedTuple

from sqlalchemy import Column, Engine, case, func, select, update

from dropzone_assets.ledger.outages import WELL
from dropzone_assets.ledger.replays import REBUILD
from dropzone_assets.ledger.rows import PartitionCounts, PartitionRow
from dropzone_assets.ledger.schema import contributions, now
from dropzone_assets.ledger.schema import deliveries as entries
from dropzone_assets.ledger.schema import partitions as book
from dropzone_assets.ledger.statements import chunks, total, upsert
from dropzone_assets.ledger.states import FAILED, FETCHED, LISTED
from dropzone_assets.ledger.writing import writing

INGESTION = "ingestion"
"""The platform-wide summary: its days become due like those of a table."""


class Published(NamedTuple):
    """One lake partition as it was written: `version` of the warehouse, rows there and in the lake, BLAKE3 of it."""

    day: date
    version: int
    valid: int
    lake_rows: int
    content_hash: str = ""


class Hashes(NamedTuple):
    """BLAKE3 of the objects written last for a day, its partition and its summary; empty where none was noted."""

    lake: str
    summary: str


class Partitions:
    """The second book of the ledger. A partition is due while its version is newer than the published one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, table: str) -> dict[date, int]:
        """Day → the newest version of it that was told of, for every partition of `table`."""
        query = select(book.c.data_date, book.c.version).where(book.c.table_name == table)
        with self._engine.connect() as connection:
            return {row.data_date: row.version for row in connection.execute(query)}

    def touched(self, table: str, versions: Sequence[tuple[date, int]]) -> None:
        """The warehouse holds these partitions in these versions."""
        if not versions:
            return
        insert = upsert(self._engine, book)
        newest = insert.on_conflict_do_update(
            index_elements=[book.c.table_name, book.c.data_date],
            set_={"version": insert.excluded.version},
            where=book.c.version < insert.excluded.version,
        )
        with writing(self._engine) as connection:
            connection.execute(newest, [{"table_name": table, "data_date": d, "version": v} for d, v in versions])

    def ingestion_changed(self, days: Sequence[date]) -> None:
        """The platform-wide summary of these days is out of date."""
        version, insert = time_ns() // 1000, upsert(self._engine, book)
        values = [{"table_name": INGESTION, "data_date": day, "version": version} for day in sorted(set(days))]
        newer = func.max if self._engine.dialect.name == "sqlite" else func.greatest
        newest = insert.on_conflict_do_update(  # newer than the last one also where the clock was set back
            index_elements=[book.c.table_name, book.c.data_date],
            set_={"version": newer(insert.excluded.version, book.c.version + 1)},
        )
        if values:
            with writing(self._engine) as connection:
                connection.execute(newest, values)

    def due(self) -> dict[str, dict[date, int]]:
        """Table → day → version, for every partition the lake does not hold as the warehouse does."""
        return self._behind(book.c.version, book.c.published)

    def unsummarised(self) -> dict[str, dict[date, int]]:
        """Table → day → version, for every lake partition whose summary is older than itself."""
        return self._behind(book.c.published, book.c.summarised)

    def published(self, table: str, done: Sequence[Published]) -> None:
        """The lake holds these partitions in these versions."""
        at = now()
        self.touched(table, [(item.day, item.version) for item in done])
        with writing(self._engine) as connection:
            for item in done:
                counts = {"valid": item.valid, "lake_rows": item.lake_rows, "content_hash": item.content_hash}
                connection.execute(
                    update(book)
                    .where(book.c.table_name == table, book.c.data_date == item.day)
                    .where(book.c.published <= item.version)
                    .values(published=item.version, published_at=at, rewrites=book.c.rewrites + 1, **counts, **WELL)
                )

    def lapse(self, table: str, days: Sequence[date]) -> None:
        """The lake has lost these partitions, or their summaries: they are due."""
        with writing(self._engine) as connection:
            for chunk in chunks(days):
                mine = (book.c.table_name == table, book.c.data_date.in_(chunk))
                connection.execute(update(book).where(*mine).values(published=0, summarised=0, published_at=None))

    def awaited(self) -> dict[str, set[date]]:
        """Table → the days that stay in the lake as they are: rows of theirs are still to be loaded again."""
        lost = (entries.c.state.in_((LISTED, FETCHED, FAILED)), entries.c.again == REBUILD)
        query = select(contributions.c.table_name, contributions.c.data_date).distinct()
        query = query.join(entries, entries.c.key == contributions.c.key).where(*lost)
        found: dict[str, set[date]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.table_name, set()).add(row.data_date)
        return found

    def resting(self) -> dict[str, list[PartitionRow]]:
        """Table → what is published and not due: the columns of the book."""
        query = select(book).where(book.c.published > 0, book.c.published >= book.c.version)
        found: dict[str, list[PartitionRow]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query.order_by(book.c.table_name, book.c.data_date)):
                found.setdefault(row.table_name, []).append(PartitionRow(*row))
        return found

    def summarised(self, table: str, versions: Mapping[date, int], hashes: Mapping[date, str]) -> None:
        """The summaries of these days were asked of these versions of the lake, and have these `hashes`.

        A summary that was not due may have been written as well.
        """
        with writing(self._engine) as connection:
            for day, content_hash in hashes.items():
                of_day = (book.c.table_name == table, book.c.data_date == day)
                connection.execute(update(book).where(*of_day).values(summary_hash=content_hash))
            for day, version in versions.items():
                mine = (book.c.table_name == table, book.c.data_date == day, book.c.summarised < version)
                connection.execute(update(book).where(*mine).values(summarised=version, **WELL))

    def versions(self, table: str, days: Sequence[date]) -> dict[date, int]:
        """The version of each of these days that the lake holds; a day never published has none."""
        wanted = set(days)
        query = select(book).where(book.c.table_name == table, book.c.published > 0)
        with self._engine.connect() as connection:
            return {row.data_date: row.published for row in connection.execute(query) if row.data_date in wanted}

    def hashes(self, table: str) -> dict[date, Hashes]:
        """What the objects of each day hashed to when they were written."""
        query = select(book).where(book.c.table_name == table)
        with self._engine.connect() as connection:
            return {row.data_date: Hashes(row.content_hash, row.summary_hash) for row in connection.execute(query)}

    def _behind(self, version: Column[int], reached: Column[int]) -> dict[str, dict[date, int]]:
        query = select(book).where(version > reached).order_by(book.c.table_name, book.c.data_date)
        found: dict[str, dict[date, int]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.table_name, {})[row.data_date] = row.version
        return found

    def of_days(self, table: str, days: Sequence[date]) -> dict[date, PartitionRow]:
        """What is known of these partitions: the columns of the book."""
        found: dict[date, PartitionRow] = {}
        with self._engine.connect() as connection:
            for chunk in chunks(days):
                query = select(book).where(book.c.table_name == table, book.c.data_date.in_(chunk))
                found |= {row.data_date: PartitionRow(*row) for row in connection.execute(query)}
        return found

    def per_date(self, dates: Sequence[date]) -> list[PartitionRow]:
        """Published partitions of these data dates: table_name, data_date, valid, lake_rows."""
        query = select(book).where(book.c.data_date.in_(list(dates)), book.c.table_name != INGESTION)
        with self._engine.connect() as connection:
            return [PartitionRow(*row) for row in connection.execute(query.order_by(book.c.table_name))]

    def days(self, table: str) -> list[date]:
        """The data dates of a table that have ever had rows."""
        with self._engine.connect() as connection:
            return list(connection.scalars(select(book.c.data_date).where(book.c.table_name == table)))

    def per_table(self) -> list[PartitionCounts]:
        """Per table: partitions, valid, lake_rows, due, last published_at."""
        due = total(case((book.c.version > book.c.published, 1), else_=0))
        query = (
            select(
                book.c.table_name,
                func.count().label("partitions"),
                total(book.c.valid).label("valid"),
                total(book.c.lake_rows).label("lake_rows"),
                due.label("due"),
                func.max(book.c.published_at).label("published_at"),
            )
            .where(book.c.table_name != INGESTION)
            .group_by(book.c.table_name)
        )
        with self._engine.connect() as connection:
            return [PartitionCounts(*row) for row in connection.execute(query)]
