"""Why partitions that are due are not there yet: the failures of publications, beside the partitions they are of."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, or_, select, update

from dropzone_assets.errors import DropzoneError
from dropzone_assets.ledger.rows import PartitionRow
from dropzone_assets.ledger.schema import UNPUBLISHED, now
from dropzone_assets.ledger.schema import partitions as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.writing import writing

WELL: dict[str, Any] = {"tries": 0, "since": None, "tried_at": None, "again": None, "problem": "", "cure": ""}
"""What is known of a partition once it is published."""

DUE = or_(book.c.version > book.c.published, book.c.published > book.c.summarised)


class Outages:
    """The failing side of the book of partitions. What is published clears it (`Partitions`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def failed(self, table: str, days: Collection[date], error: DropzoneError) -> None:
        """These partitions, those of them that are due, or their summaries could not be published."""
        at = now()
        what = {"tries": book.c.tries + 1, "since": func.coalesce(book.c.since, at), "tried_at": at, "again": None}
        self._set(table, days, {**what, "problem": error.found, "cure": error.cure}, DUE)

    def died(self, table: str, days: Collection[date]) -> None:
        """The run that should publish these has ended, and nobody has said why."""
        found = self._held(table, days, DUE, book.c.tries == 0)
        said = DropzoneError("The run that should publish it ended early.", "Look at its last run in the Dagster UI.")
        self.failed(table, found, said)

    def wait(self, table: str, days: Collection[date], again: datetime) -> None:
        """These are tried again at this moment (UTC). Nothing is written where that is known."""
        other = (UNPUBLISHED, or_(book.c.again.is_(None), book.c.again != again))
        if found := self._held(table, days, *other):
            self._set(table, found, {"again": again})

    def all(self, table: str = "") -> list[PartitionRow]:
        """Every partition (of one table) whose last publication has failed: the columns of the book."""
        query = select(book).where(UNPUBLISHED, DUE).order_by(book.c.table_name, book.c.data_date)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(book.c.table_name == table) if table else query)
            return [PartitionRow(*row) for row in found]

    def state(self) -> str:
        """What changes whenever a publication fails, or one that failed succeeds."""
        query = select(func.count(), func.sum(book.c.tries), func.max(book.c.tried_at)).where(UNPUBLISHED)
        with self._engine.connect() as connection:
            return " ".join(str(each) for each in connection.execute(query).one() if each)

    def _held(self, table: str, days: Collection[date], *where: ColumnElement[bool]) -> list[date]:
        query = select(book.c.data_date).where(book.c.table_name == table, *where)
        with self._engine.connect() as connection:
            return [day for chunk in chunks(_ordered(days)) for day in connection.scalars(_of(query, chunk))]

    def _set(self, table: str, days: Collection[date], values: dict[str, Any], *where: ColumnElement[bool]) -> None:
        with writing(self._engine) as connection:
            for chunk in chunks(_ordered(days)):
                mine = (book.c.table_name == table, book.c.data_date.in_(chunk), *where)
                connection.execute(update(book).where(*mine).values(**values))


def _of(query: Any, days: Sequence[date]) -> Any:
    return query.where(book.c.data_date.in_(days))


def _ordered(days: Collection[date]) -> list[date]:
    return sorted(set(days))
