"""What becomes of a delivery: one method for each thing that can happen to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, bindparam, insert, or_, select, update

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.ledger.accounts import delivery_of, oldest_first
from dropzone_assets.ledger.claims import fail, unlink
from dropzone_assets.ledger.journal import note, notes
from dropzone_assets.ledger.owed import owe
from dropzone_assets.ledger.receipts import Answers
from dropzone_assets.ledger.schema import (
    CURRENT,
    FAILED,
    FETCHED,
    KEPT,
    LINKED,
    LISTED,
    LOADED,
    PENDING,
    RETRACTED,
    RETRACTING,
    SUPERSEDED,
    contributions,
    its_source,
    its_state,
    its_table,
    now,
    partitions,
)
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks

COUNTS = ("rows_read", "valid", "quarantined", "late", "rows_added", "rows_removed", "rows_changed", "rows_kept")
BLAMELESS = {"stage": "", "reason": "", "cure": ""}
_UNCOPIED = book.c.content_hash + "" == ""


@dataclass(frozen=True, slots=True)
class Tally:
    """What loading one delivery came to, in rows. `late`: valid rows of a day before the file's own day.

    `days`: how many valid rows are of each data date. `rows_added`, `rows_removed`, `rows_changed`: how its valid rows
    differ from those they replaced; None when they replaced none. `rows_kept`: those that were valid under an earlier
    contract only, and have stayed.
    """

    key: str
    rows_read: int
    valid: int
    quarantined: int
    late: int
    days: tuple[tuple[date, int], ...] = ()
    rows_added: int | None = None
    rows_removed: int | None = None
    rows_changed: int | None = None
    rows_kept: int = 0

    def __str__(self) -> str:
        said = f"{self.rows_read:,} rows read: {self.valid:,} valid, {self.quarantined:,} quarantined"
        if self.rows_added is not None:
            changed = f"{self.rows_added:,} added, {self.rows_removed:,} removed, {self.rows_changed:,} changed"
            said += f"; valid rows: {changed}"
        return said + (f"; {self.rows_kept:,} kept that the contract now refuses" if self.rows_kept else "")


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery whose bytes are in the raw zone, and what loading it came to, last `loaded_at` (UTC)."""

    delivery: Delivery
    tally: Tally
    loaded_at: datetime | None


class Deliveries(Answers):
    """The first book of the ledger."""

    # -- what a run works on -----------------------------------------------------------------------------------

    def of_batch(self, batch: str) -> list[Delivery]:
        """The deliveries a batch claimed and nothing has set aside, oldest file first."""
        return self._find(book.c.batch == batch, its_state.in_((*PENDING, LOADED, LINKED)))

    def of_keys(self, keys: Sequence[str]) -> list[Delivery]:
        """These deliveries, whatever their state."""
        return [delivery for chunk in chunks(keys) for delivery in self._find(book.c.key.in_(chunk))]

    def kept(self, table: str) -> list[Kept]:
        """The deliveries of `table` whose bytes are in the raw zone, oldest file first."""
        query = select(book).where(book.c.table_name == table, book.c.state.in_(KEPT), book.c.content_hash != "")
        with self._engine.connect() as connection:
            return [
                Kept(delivery_of(r), Tally(r.key, r.rows_read, r.valid, r.quarantined, r.late), r.loaded_at)
                for r in connection.execute(oldest_first(query))
            ]

    def waiting(self, table: str) -> list[Delivery]:
        """The deliveries of `table` that are still to be loaded, or to be taken back, claimed or not."""
        return self._find(its_table == table, book.c.state.in_(PENDING))

    def of_dates(self, table: str, dates: Sequence[date]) -> list[Delivery]:
        """The deliveries that make up these file dates today, oldest file first."""
        if not dates:
            return []
        wanted = set(dates)
        found = self._find(
            book.c.table_name == table,
            its_state.in_(CURRENT),
            book.c.file_date.between(min(dates), max(dates)),
        )
        return [delivery for delivery in found if delivery.file_date in wanted]

    def holders(self, hashes: Sequence[str]) -> list[Delivery]:
        """Fetched or loaded deliveries with one of these contents, oldest file first."""
        found = []
        for chunk in chunks(hashes):
            found += self._find(book.c.content_hash.in_(chunk), its_state.in_((FETCHED, LOADED)))
        return found

    def siblings(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Every other version of the same files that may count, or has failed to."""
        mine = {delivery.key for delivery in deliveries}
        places = {delivery.place for delivery in deliveries}
        found = []
        for source in sorted({source for source, _, _ in places}):
            for chunk in chunks(sorted({path for name, path, _ in places if name == source})):
                here = (book.c.path.in_(chunk), its_source == source)
                found += self._find(*here, its_state.not_in((SUPERSEDED, RETRACTING, RETRACTED)))
        return [d for d in found if d.key not in mine and d.place in places]

    # -- what happened -----------------------------------------------------------------------------------------

    def fetched(self, deliveries: Sequence[Delivery]) -> None:
        """The bytes of these deliveries are in the raw zone."""
        values = [
            {"b_key": d.key, "content_hash": d.content_hash, "size": d.size, "rows_promised": d.rows_promised}
            for d in deliveries
        ]
        changed = {"state": FETCHED, "fetched_at": now(), "waits": 0, "not_before": None, **BLAMELESS}
        mine = (book.c.key == bindparam("b_key"), or_(*(book.c.state == each for each in (LISTED, FETCHED, FAILED))))
        with self._engine.begin() as connection:
            if values:
                connection.execute(update(book).where(*mine).values(**changed), values)
            notes(connection, "fetched", [(d.key, f"{d.size:,} bytes, {d.content_hash[:12]}") for d in deliveries])

    def verified(self, names: Mapping[str, Sequence[str]]) -> None:
        """These deliveries (key → sidecars) are what the files beside them say."""
        with self._engine.begin() as connection:
            notes(connection, "verified", [(key, f"as {', '.join(beside)} says") for key, beside in names.items()])

    def settled(self, keys: Sequence[str], state: str) -> None:
        """These files, which are no table's, are done with: opened, or stored."""
        with self._engine.begin() as connection:
            for chunk in chunks(keys):
                mine = (book.c.key.in_(chunk), its_state != RETRACTED)
                note(connection, state, *mine)
                connection.execute(update(book).where(*mine).values(state=state, **BLAMELESS))
            owe(connection, keys)

    def linked(self, links: Mapping[str, str]) -> None:
        """These deliveries (key → key) hold bytes that another delivery brought already, and still holds."""
        other = book.alias()
        with self._engine.begin() as connection:
            for key, keeper in links.items():
                held = select(other.c.key).where(other.c.key == keeper).with_for_update()
                connection.execute(held)  # whoever ends what it holds waits, and then sees this link
                holds = select(other.c.key).where(other.c.key == keeper, other.c.state.in_((FETCHED, LOADED)))
                mine = (book.c.key == key, book.c.state.in_((LISTED, FETCHED, LINKED)), holds.exists())
                note(connection, "linked", *mine, book.c.state != LINKED, said=f"The same bytes as delivery {keeper}.")
                connection.execute(update(book).where(*mine).values(state=LINKED, same_as=keeper, lot=""))
            owe(connection, list(links))

    def done_with(self, linked: Sequence[str]) -> None:
        """What these linked deliveries replace is gone from the warehouse: no run need work on them."""
        with self._engine.begin() as connection:
            for chunk in chunks(linked):
                mine = (book.c.key.in_(chunk), its_state == LINKED)
                connection.execute(update(book).where(*mine).values(batch=""))

    def loaded(self, tallies: Sequence[Tally], contract: str = "") -> None:
        """The rows of these deliveries, judged by this version of their contract, are in the warehouse."""
        values = [{"b_key": t.key, **{name: getattr(t, name) for name in COUNTS}} for t in tallies]
        changed = {"state": LOADED, "loaded_at": now(), "lot": "", "again": "", **BLAMELESS}
        changed |= {"contract_version": contract}
        mine = (book.c.key == bindparam("b_key"), book.c.state != RETRACTING, book.c.state != RETRACTED)
        with self._engine.begin() as connection:
            if values:
                connection.execute(update(book).where(*mine).values(**changed), values)
            notes(connection, "loaded", [(tally.key, str(tally)) for tally in tallies])
            self._contribute(connection, tallies)
            owe(connection, [tally.key for tally in tallies])

    def _contribute(self, connection: Connection, tallies: Sequence[Tally]) -> None:
        for chunk in chunks([tally.key for tally in tallies]):
            connection.execute(contributions.delete().where(contributions.c.key.in_(chunk)))
            mine = select(book.c.key, book.c.table_name).where(book.c.key.in_(chunk))
            tables = {row.key: row.table_name for row in connection.execute(mine)}
            wanted = [tally for tally in tallies if tally.key in tables]
            held = {table: _versions(connection, table) for table in set(tables.values())}
            values = [
                {"key": tally.key, "table_name": table, "data_date": day, "valid": count, "version": version}
                for tally in wanted
                for table in [tables[tally.key]]
                for day, count in tally.days
                for version in [held[table].get(day, 0)]
            ]
            if values:
                connection.execute(insert(contributions), values)

    def superseded(self, keys: Sequence[str], *, uncopied: bool = False) -> None:
        """A newer version of the same file has taken the place of these; what was linked to them is pending again.

        Args:
            uncopied: only of those whose bytes nobody has.
        """
        with self._engine.begin() as connection:
            for chunk in chunks(keys):
                mine: list[ColumnElement[bool]] = [
                    book.c.key.in_(chunk),
                    its_state.not_in((SUPERSEDED, RETRACTING, RETRACTED)),
                ]
                mine += [_UNCOPIED] * uncopied
                note(connection, "superseded", *mine)
                connection.execute(update(book).where(*mine).values(state=SUPERSEDED, batch="", lot=""))
                connection.execute(contributions.delete().where(contributions.c.key.in_(chunk)))
            owe(connection, keys)
            unlink(connection, keys)

    def failed(self, key: str, stage: str, error: DropzoneError, *, uncopied: bool = False) -> None:
        """The delivery is set aside until a person acts, and what was linked to it is pending again.

        Args:
            stage: fetch (copying it), verify (what is said beside it), read (recognising and opening it), transform
                (reading it as its table), upload (bringing its rows into the warehouse).
            uncopied: only while nobody has its bytes.
        """
        mine: list[ColumnElement[bool]] = [book.c.state.not_in((SUPERSEDED, RETRACTING, RETRACTED))]
        mine += [_UNCOPIED] * uncopied
        with self._engine.begin() as connection:
            fail(connection, key, stage, error, *mine)


def _versions(connection: Connection, table: str) -> dict[date, int]:
    """The version of each partition of a table: who loads holds the warehouse, so its rows are in these."""
    query = select(partitions.c.data_date, partitions.c.version).where(partitions.c.table_name == table)
    return {row.data_date: row.version for row in connection.execute(query)}
