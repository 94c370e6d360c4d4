"""The fourth book: what was last told of the days on which files are expected."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Engine, select

from dropzone_assets.ledger.schema import completeness as book
from dropzone_assets.ledger.statements import chunks, upsert
from dropzone_assets.ledger.writing import writing


class Alerted(NamedTuple):
    """What was alerted of one day: its completeness, how many files had arrived, and when enough of them had (UTC)."""

    day: date
    completeness: str
    arrived: int
    completed: datetime | None


class Completeness:
    """Of each table and day, the completeness that people were alerted of; a day without an alert is not there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def alerted(self, table: str, items: Sequence[Alerted]) -> None:
        """People have heard this of these days."""
        if not items:
            return
        insert = upsert(self._engine, book)
        newest = insert.on_conflict_do_update(
            index_elements=[book.c.table_name, book.c.day],
            set_={name: insert.excluded[name] for name in ("completeness", "arrived", "completed")},
        )
        with writing(self._engine) as connection:
            connection.execute(newest, [{"table_name": table, **item._asdict()} for item in items])

    def forget(self, table: str, days: Sequence[date]) -> None:
        """What was told of these days holds no more: a file of them has been taken back."""
        with writing(self._engine) as connection:
            for chunk in chunks(days):
                mine = (book.c.table_name == table, book.c.day.in_(chunk))
                connection.execute(book.delete().where(*mine))

    def of(self, table: str) -> dict[date, Alerted]:
        """Day → what was last told of it."""
        columns = [book.c[name] for name in Alerted._fields]
        with self._engine.connect() as connection:
            found = connection.execute(select(*columns).where(book.c.table_name == table))
            return {row.day: Alerted(*row) for row in found}
