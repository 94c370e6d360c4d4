"""What becomes of a delivery: one method for each thing that can happen to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.ledger.accounts import oldest_first
from dropzone_assets.ledger.arrivals import Arrivals, delivery_of
from dropzone_assets.ledger.schema import (
    CURRENT,
    FAILED,
    FETCHED,
    LINKED,
    LISTED,
    LOADED,
    OPENED,
    PENDING,
    SAFE,
    SUPERSEDED,
    now,
)
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks


@dataclass(frozen=True, slots=True)
class Tally:
    """What loading one delivery came to, in rows. `late`: valid rows of a day before the file's own day."""

    key: str
    rows_read: int
    valid: int
    quarantined: int
    late: int


class Deliveries(Arrivals):
    """The first book of the ledger."""

    # -- who works on it ---------------------------------------------------------------------------------------

    def unclaimed(self, table: str) -> list[Delivery]:
        """Pending deliveries that no batch has claimed, oldest file first."""
        return self._find(book.c.table_name == table, book.c.state.in_(PENDING), book.c.batch == "")

    def pending(self) -> int:
        """How many deliveries are still to be loaded."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(book).where(book.c.state.in_(PENDING))
            return int(connection.scalar(query) or 0)

    def decided(self) -> int:
        """How many deliveries need no more work: loaded, linked, opened, stored, or replaced by newer ones."""
        with self._engine.connect() as connection:
            query = select(func.count()).select_from(book).where(book.c.state.in_(SAFE))
            return int(connection.scalar(query) or 0)

    def claimed(self) -> dict[str, list[Delivery]]:
        """Batch → its deliveries that are still pending."""
        query = select(book).where(book.c.state.in_(PENDING), book.c.batch != "")
        batches: dict[str, list[Delivery]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(oldest_first(query)):
                batches.setdefault(row.batch, []).append(delivery_of(row))
        return batches

    def attempts(self, keys: Sequence[str]) -> int:
        """How often these deliveries have been claimed, all together."""
        with self._engine.connect() as connection:
            return sum(
                int(connection.scalar(select(func.sum(book.c.attempts)).where(book.c.key.in_(chunk))) or 0)
                for chunk in chunks(keys)
            )

    def claim(self, keys: Sequence[str], batch: str) -> None:
        """`batch` will load these deliveries."""
        with self._engine.begin() as connection:
            for chunk in chunks(keys):
                connection.execute(
                    update(book).where(book.c.key.in_(chunk)).values(batch=batch, attempts=book.c.attempts + 1)
                )

    def release(self, batch: str, most: int, error: DropzoneError) -> None:
        """The run of `batch` ended early: its pending deliveries are free again, or failed after `most` attempts.

        Those that waited for their source failed because of it, the others because of `error`.
        """
        pending = (book.c.batch == batch, book.c.state.in_(PENDING))
        spent = (*pending, book.c.attempts >= most)
        died = {"stage": "transform", "reason": error.found, "cure": error.cure}
        with self._engine.begin() as connection:
            connection.execute(update(book).where(*spent, book.c.reason == "").values(**died))
            connection.execute(update(book).where(*spent).values(state=FAILED))
            connection.execute(update(book).where(*pending).values(batch=""))

    def reopen(self, table: str) -> int:
        """Failed deliveries of `table` (of all tables when empty) become pending again; how many.

        Archives that hold members no contract recognised are opened again.
        """
        mine = [book.c.state == FAILED, book.c.table_name != ""]
        if table:
            mine.append(book.c.table_name == table)
        with self._engine.begin() as connection:
            inside = select(book.c.parent).where(book.c.state == FAILED, book.c.table_name == "", book.c.parent != "")
            opened = update(book).where(book.c.key.in_(inside), book.c.state == OPENED)
            archives = connection.execute(opened.values(state=FETCHED, batch="", attempts=0)).rowcount
            fresh = {"state": LISTED, "batch": "", "attempts": 0, "stage": "", "reason": "", "cure": ""}
            return int(archives + connection.execute(update(book).where(*mine).values(**fresh)).rowcount)

    def share_again(self, table: str) -> int:
        """Shared files of which `table` has no share are opened again; how many. It may have been left out then."""
        share = book.alias()
        shares = select(share.c.key).where(share.c.parent == book.c.key, share.c.path == book.c.path)
        lacking = (shares.exists(), ~shares.where(share.c.table_name == table).exists())
        with self._engine.begin() as connection:
            opened = update(book).where(book.c.state == OPENED, *lacking)
            return int(connection.execute(opened.values(state=FETCHED, batch="", attempts=0)).rowcount)

    def load_again(self) -> int:
        """Everything loaded becomes pending again (`--force`); how many deliveries."""
        with self._engine.begin() as connection:
            fresh = {"state": FETCHED, "batch": "", "attempts": 0}
            return int(connection.execute(update(book).where(book.c.state == LOADED).values(**fresh)).rowcount)

    # -- what a run works on -----------------------------------------------------------------------------------

    def of_batch(self, batch: str) -> list[Delivery]:
        """The deliveries a batch claimed and nothing has set aside, oldest file first."""
        return self._find(book.c.batch == batch, book.c.state.in_((*PENDING, LOADED, LINKED)))

    def of_keys(self, keys: Sequence[str]) -> list[Delivery]:
        """These deliveries, whatever their state."""
        return [delivery for chunk in chunks(keys) for delivery in self._find(book.c.key.in_(chunk))]

    def of_dates(self, table: str, dates: Sequence[date]) -> list[Delivery]:
        """The deliveries that make up these file dates today, oldest file first."""
        if not dates:
            return []
        wanted = set(dates)
        found = self._find(
            book.c.table_name == table,
            book.c.state.in_(CURRENT),
            book.c.file_date.between(min(dates), max(dates)),
        )
        return [delivery for delivery in found if delivery.file_date in wanted]

    def holders(self, hashes: Sequence[str]) -> list[Delivery]:
        """Fetched or loaded deliveries with one of these contents, oldest file first."""
        found = []
        for chunk in chunks(hashes):
            found += self._find(book.c.content_hash.in_(chunk), book.c.state.in_((FETCHED, LOADED)))
        return found

    def siblings(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Every other version of the same files, whatever became of it."""
        mine = {delivery.key for delivery in deliveries}
        places = {delivery.place for delivery in deliveries}
        found = []
        for chunk in chunks(sorted({path for _, path, _ in places})):
            found += self._find(book.c.path.in_(chunk), book.c.state != SUPERSEDED)
        return [d for d in found if d.key not in mine and d.place in places]

    # -- what happened -----------------------------------------------------------------------------------------

    def fetched(self, deliveries: Sequence[Delivery]) -> None:
        """The bytes of these deliveries are in the raw zone."""
        self._set_each(
            [
                {
                    "b_key": d.key,
                    "state": FETCHED,
                    "content_hash": d.content_hash,
                    "size": d.size,
                    "rows_promised": d.rows_promised,
                    "fetched_at": now(),
                    "stage": "",
                    "reason": "",
                    "cure": "",
                }
                for d in deliveries
            ]
        )

    def settled(self, keys: Sequence[str], state: str) -> None:
        """These files, which are no table's, are done with: opened, or stored."""
        self._set(keys, state=state, stage="", reason="", cure="")

    def linked(self, links: Mapping[str, str]) -> None:
        """These deliveries (key → key) hold bytes that another delivery brought already."""
        values = [{"b_key": key, "state": LINKED, "same_as": other} for key, other in links.items()]
        self._set_each(values)

    def unlink(self, keys: Sequence[str]) -> None:
        """The deliveries linked to these are pending again: what they were equal to is gone."""
        with self._engine.begin() as connection:
            for chunk in chunks(keys):
                mine = (book.c.same_as.in_(chunk), book.c.state == LINKED)
                connection.execute(update(book).where(*mine).values(state=FETCHED, same_as="", batch=""))

    def loaded(self, tallies: Sequence[Tally]) -> None:
        """The rows of these deliveries are in the warehouse."""
        self._set_each(
            [
                {
                    "b_key": tally.key,
                    "state": LOADED,
                    "rows_read": tally.rows_read,
                    "valid": tally.valid,
                    "quarantined": tally.quarantined,
                    "late": tally.late,
                    "loaded_at": now(),
                    "stage": "",
                    "reason": "",
                    "cure": "",
                }
                for tally in tallies
            ]
        )

    def superseded(self, keys: Sequence[str]) -> None:
        """A newer version of the same file has taken the place of these."""
        self._set(keys, state=SUPERSEDED)

    def delayed(self, why: Mapping[str, DropzoneError]) -> None:
        """These deliveries wait for their sources, which do not answer."""
        self._set_each([{"b_key": k, "stage": "read", "reason": e.found, "cure": e.cure} for k, e in why.items()])

    def failed(self, key: str, stage: str, error: DropzoneError) -> None:
        """The delivery is set aside until a person acts. `stage` is read, transform or upload."""
        self._set([key], state=FAILED, stage=stage, reason=error.found, cure=error.cure)
