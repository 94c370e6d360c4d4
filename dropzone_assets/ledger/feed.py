"""What has happened since one last asked: the journal read from its end, and days that were published."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from dropzone_assets.ledger.partitions import INGESTION
from dropzone_assets.ledger.schema import deliveries, journal, now, partitions

ENTRIES = 20_000
"""Entries that are read at a time; the rest comes with the next question."""


class Happened(NamedTuple):
    """One event of a delivery, with the file it is about; `cure`: what the ledger says now of how to mend it."""

    event: str
    said: str
    table: str
    path: str
    source: str
    cure: str


class Feed:
    """Everything from the moment on when this was made; each question starts where the last one ended."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._published = now()
        with engine.connect() as connection:
            self._read = connection.execute(select(func.coalesce(func.max(journal.c.number), 0))).scalar_one()

    def happened(self) -> list[Happened]:
        """What has happened to deliveries, oldest first."""
        happened = (journal.c.number, journal.c.event, journal.c.said)
        known = (deliveries.c.table_name, deliveries.c.path, deliveries.c.source, deliveries.c.cure)
        query = (
            select(*happened, *known)
            .join(deliveries, deliveries.c.key == journal.c.key)
            .where(journal.c.number > self._read)
            .order_by(journal.c.number)
            .limit(ENTRIES)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).all()
        self._read = found[-1].number if found else self._read
        return [Happened(*row[1:]) for row in found]

    def published(self) -> list[tuple[str, date]]:
        """Table and data date of the lake partitions that were written."""
        query = select(partitions.c.table_name, partitions.c.data_date, partitions.c.published_at)
        newer = query.where(partitions.c.published_at > self._published, partitions.c.table_name != INGESTION)
        with self._engine.connect() as connection:
            found = connection.execute(newer.order_by(partitions.c.table_name, partitions.c.data_date)).all()
        self._published = max([self._published, *(row.published_at for row in found)])
        return [(row.table_name, row.data_date) for row in found]
