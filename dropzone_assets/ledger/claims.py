"""Who works on a delivery: batches claim, run, and let go when their runs die or their sources do not answer."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, or_, select, update

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book, delivery_of, oldest_first
from dropzone_assets.ledger.failures import fail
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.rows import DeliveryRow
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import its_batch, its_state, its_table, now
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import LINKED, PENDING, RETRACTING
from dropzone_assets.ledger.writing import writing

TOGETHER = 2
"""Deaths that a batch may have as it is; then its halves are tried apart, so that one bad file stands alone soon."""

SHORTEST, DOUBLINGS = timedelta(seconds=10), 7
"""A source that does not answer is asked again after ten seconds, then twice as long each time, up to 21 minutes."""


def wait_of(waits: int) -> timedelta:
    """How long a delivery waits for its source after having waited `waits` times."""
    return SHORTEST * (1 << min(waits, DOUBLINGS))


class Claims(Book):
    """What runs are asked for, and what becomes of it when they end early."""

    def unclaimed(self, table: str) -> list[Delivery]:
        """Pending deliveries that no batch has claimed and that wait for nothing, oldest file first.

        Nothing waits longer than the longest wait: where it seems to, the clock was wrong and has been set back.
        """
        at, wait = now(), book.c.not_before
        ready = or_(wait.is_(None), wait <= at, wait > at + wait_of(DOUBLINGS))
        return self._find(book.c.state.in_(PENDING), its_table == table, its_batch == "", ready)

    def pending(self) -> int:
        """How many deliveries are still to be worked on."""
        return self._count(book.c.state.in_(PENDING))

    def unattended(self, besides: Collection[str]) -> list[tuple[str, str, str, int]]:
        """Table, reason, cure and number of the pending deliveries that none of the batches `besides` works on."""
        why = (book.c.table_name, book.c.reason, book.c.cure)
        query = select(*why, func.count()).where(book.c.state.in_(PENDING), book.c.batch.not_in(besides))
        with self._engine.connect() as connection:
            return [(*row,) for row in connection.execute(query.group_by(*why).order_by(*why))]

    def claimed(self) -> dict[str, list[Delivery]]:
        """Batch → its deliveries that are still pending, or linked by a run that has not done the rest."""
        query = select(book).where(book.c.state.in_((*PENDING, LINKED)), book.c.batch > "")
        batches: dict[str, list[Delivery]] = {}
        for row in self._rows(DeliveryRow, oldest_first(query)):
            batches.setdefault(row.batch, []).append(delivery_of(row))
        return batches

    def claim(self, keys: Sequence[str], batch: str) -> int:
        """`batch` will work on these deliveries, but for those that another batch has claimed meanwhile; how many."""
        with writing(self._engine) as connection:
            return sum(
                int(
                    connection.execute(
                        update(book)
                        .where(book.c.key.in_(chunk), its_batch == "", its_state.in_(PENDING))
                        .values(batch=batch, attempts=book.c.attempts + 1)
                    ).rowcount
                )
                for chunk in chunks(keys)
            )

    def release(self, batch: str, most: int, error: DropzoneError) -> None:
        """The run of `batch` ended early: its pending deliveries are free again.

        So are those it had linked, for what they replace may still be there. Those that wait for their source have not
        been tried. Of several others one may be to blame, so after two deaths each half is tried apart; one that is
        alone has failed because of `error` after `most` attempts.
        """
        mine = (book.c.batch == batch, its_state.in_(PENDING))
        waiting = (*mine, book.c.waits > 0)
        with writing(self._engine) as connection:
            move(connection, states.UNLINK, book.c.batch == batch)
            connection.execute(update(book).where(*waiting).values(batch="", attempts=0))
            rest = list(connection.execute(oldest_first(select(book).where(*mine))))
            if len(rest) > 1 and max(row.attempts for row in rest) >= TOGETHER:
                _part(connection, [row.key for row in rest], batch)
            elif len(rest) == 1 and rest[0].attempts >= most and rest[0].state != RETRACTING:
                fail(connection, rest[0].key, "transform", error, its_state.in_(PENDING))
            move(connection, states.FREE, book.c.batch == batch, said="The run that worked on it ended early.")

    def put_back(self, batch: str, said: str) -> None:
        """The run of `batch` was not begun, or a person stopped it: its deliveries are free, and nothing was tried."""
        fewer = case((book.c.attempts > 0, book.c.attempts - 1), else_=0)
        with writing(self._engine) as connection:
            move(connection, states.UNLINK, book.c.batch == batch)
            move(connection, states.FREE, book.c.batch == batch, said=said, values={"attempts": fewer})

    def delayed(self, why: Mapping[str, DropzoneError]) -> None:
        """These deliveries wait for their sources, which do not answer; longer each time.

        A run tries several times, and all that it tries is one wait.
        """
        at = now()
        with writing(self._engine) as connection:
            for key, error in why.items():
                known = connection.execute(
                    select(book.c.waits, book.c.not_before).where(book.c.key == key)
                ).one_or_none()
                if known is None:
                    continue
                waits, until = known
                reason = {"stage": "fetch", "reason": error.found, "cure": error.cure}
                waiting = until is not None and until > at
                later = {} if waiting else {"waits": waits + 1, "not_before": at + wait_of(waits)}
                move(connection, states.WAIT, book.c.key == key, said=error.found, values={**reason, **later})

    def hasten(self) -> None:
        """A person asks: nothing waits any longer."""
        with writing(self._engine) as connection:
            mine = (book.c.state.in_(PENDING), book.c.not_before.is_not(None))
            connection.execute(update(book).where(*mine).values(not_before=None))

    def waiting_until(self) -> datetime | None:
        """When the first of the deliveries that wait is tried again; None when none waits."""
        with self._engine.connect() as connection:
            query = select(func.min(book.c.not_before)).where(book.c.state.in_(PENDING))
            found: datetime | None = connection.scalar(query)
            return found


def _part(connection: Connection, keys: Sequence[str], batch: str) -> None:
    """Each half is a lot of its own, which shares no batch with the other."""
    middle = len(keys) // 2
    for lot, half in ((f"{batch}-1", keys[:middle]), (f"{batch}-2", keys[middle:])):
        for chunk in chunks(half):
            connection.execute(update(book).where(book.c.key.in_(chunk)).values(lot=lot, attempts=0))
