"""What becomes of a delivery: one method for each thing that can happen to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, insert, select, update

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book
from dropzone_assets.ledger.failures import fail, unlink
from dropzone_assets.ledger.journal import notes
from dropzone_assets.ledger.moves import move, move_each
from dropzone_assets.ledger.owed import owe
from dropzone_assets.ledger.replays import REBUILD
from dropzone_assets.ledger.schema import contributions, its_state, now, partitions
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import FETCHED, LINKED, LOADED, OPENED, SHRUNK, STORED
from dropzone_assets.ledger.writing import writing

COUNTS = ("rows_read", "valid", "quarantined", "late", "rows_added", "rows_removed", "rows_changed", "rows_kept")


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
    odd: str = field(default="", compare=False)

    def __str__(self) -> str:
        said = f"{self.rows_read:,} rows read: {self.valid:,} valid, {self.quarantined:,} quarantined"
        if self.rows_added is not None:
            changed = f"{self.rows_added:,} added, {self.rows_removed:,} removed, {self.rows_changed:,} changed"
            said += f"; valid rows: {changed}"
        said += f"; {self.rows_kept:,} kept that the contract now refuses" if self.rows_kept else ""
        return said + (f"; it {self.odd}" if self.odd else "")


class Deliveries(Book):
    """The first book of the ledger: what runs make of deliveries."""

    def fetched(self, deliveries: Sequence[Delivery]) -> None:
        """The bytes of these deliveries are in the raw zone."""
        common = {"fetched_at": now()}
        brought = ("key", "content_hash", "size", "rows_promised")
        found = [{**{name: getattr(d, name) for name in brought}, **common} for d in deliveries]
        said = [f"{d.size:,} bytes, {d.content_hash[:12]}" for d in deliveries]
        with writing(self._engine) as connection:
            move_each(connection, states.COPY, found, said)

    def verified(self, names: Mapping[str, Sequence[str]]) -> None:
        """These deliveries (key → sidecars) are what the files beside them say."""
        with writing(self._engine) as connection:
            notes(connection, "verified", [(key, f"as {', '.join(beside)} says") for key, beside in names.items()])

    def settled(self, keys: Sequence[str], state: str) -> None:
        """These files, which are no table's, are done with: opened, or stored."""
        done = {OPENED: states.OPEN, STORED: states.STORE}[state]
        with writing(self._engine) as connection:
            for chunk in chunks(keys):
                move(connection, done, book.c.key.in_(chunk))
            owe(connection, keys)

    def linked(self, links: Mapping[str, str]) -> None:
        """These deliveries (key → key) hold bytes that another delivery brought already, and still holds."""
        other = book.alias()
        with writing(self._engine) as connection:
            for key, keeper in links.items():
                holds = select(other.c.key).where(other.c.key == keeper, other.c.state.in_((FETCHED, LOADED)))
                mine, said = (book.c.key == key, holds.exists()), f"The same bytes as delivery {keeper}."
                for what in (states.LINK, states.RELINK):
                    move(connection, what, *mine, said=said, values={"same_as": keeper})
            owe(connection, list(links))

    def done_with(self, linked: Sequence[str]) -> None:
        """What these linked deliveries replace is gone from the warehouse: no run need work on them."""
        with writing(self._engine) as connection:
            for chunk in chunks(linked):
                mine = (book.c.key.in_(chunk), its_state == LINKED)
                connection.execute(update(book).where(*mine).values(batch=""))

    def loaded(self, tallies: Sequence[Tally], contract: str = "") -> None:
        """The rows of these deliveries, validated by this version of their contract, are in the warehouse."""
        common = {"loaded_at": now(), "contract_version": contract}
        found = [{"key": t.key, **{name: getattr(t, name) for name in COUNTS}, **common} for t in tallies]
        with writing(self._engine) as connection:
            move_each(connection, states.LOAD, found, [str(tally) for tally in tallies])
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
        with writing(self._engine) as connection:
            gone = _uncopied(connection, keys) if uncopied else keys
            for chunk in chunks(gone):
                move(connection, states.SUPERSEDE, book.c.key.in_(chunk))
                connection.execute(contributions.delete().where(contributions.c.key.in_(chunk)))
            owe(connection, gone)
            unlink(connection, gone)

    def failed(self, key: str, stage: str, error: DropzoneError, *, uncopied: bool = False) -> None:
        """The delivery is set aside until a person acts, and what was linked to it is pending again.

        Args:
            stage: fetch (copying it), verify (what is said beside it), read (recognising and opening it), transform
                (reading it as its table), upload (bringing its rows into the warehouse).
            uncopied: only while nobody has its bytes.
        """
        with writing(self._engine) as connection:
            if not uncopied or _uncopied(connection, [key]):
                fail(connection, key, stage, error)

    def shrunk(self, key: str, error: DropzoneError) -> None:
        """The delivery gives fewer rows than before, out of the same bytes: it keeps those it has, and has failed.

        That is so until it gives as many again, another version of its file counts, or a person takes it back.
        """
        values = {"stage": SHRUNK, "reason": error.found, "cure": error.cure}
        with writing(self._engine) as connection:
            move(connection, states.SHRINK, book.c.key == key, said=f"{SHRUNK}: {error.found}", values=values)

    def refused(self, key: str, error: DropzoneError) -> None:
        """The contract refuses the whole file, and its rows are gone from the warehouse.

        What it had there is forgotten, unless the warehouse has lost it and the lake still keeps its days.
        """
        with writing(self._engine) as connection:
            fail(connection, key, "transform", error)
            ended = select(book.c.key).where(book.c.key == key, book.c.again != REBUILD)
            connection.execute(contributions.delete().where(contributions.c.key.in_(ended)))


def _uncopied(connection: Connection, keys: Sequence[str]) -> list[str]:
    """Those of these deliveries whose bytes nobody has."""
    found: list[str] = []
    for chunk in chunks(keys):
        mine = (book.c.key.in_(chunk), book.c.content_hash + "" == "")
        found += connection.scalars(select(book.c.key).where(*mine))
    return found


def _versions(connection: Connection, table: str) -> dict[date, int]:
    """The version of each partition of a table: who loads holds the warehouse, so its rows are in these."""
    query = select(partitions.c.data_date, partitions.c.version).where(partitions.c.table_name == table)
    return {row.data_date: row.version for row in connection.execute(query)}
