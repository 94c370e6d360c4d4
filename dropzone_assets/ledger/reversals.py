"""What counts again, and what counts no more: replays, loads by force, files taken back."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, or_, select, update

from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger.accounts import oldest_first
from dropzone_assets.ledger.claims import Claims, unlink
from dropzone_assets.ledger.journal import note
from dropzone_assets.ledger.owed import owe
from dropzone_assets.ledger.schema import (
    CURRENT,
    FAILED,
    FETCHED,
    GONE,
    LINKED,
    LISTED,
    LOADED,
    LOST,
    OPENED,
    RETRACTED,
    RETRACTING,
    STORED,
    contributions,
    its_state,
    its_table,
)
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks

FRESH = {"batch": "", "lot": "", "attempts": 0, "waits": 0, "not_before": None, "stage": "", "reason": "", "cure": ""}
"""What is forgotten of a delivery that is tried again."""

REPLAYED = "Tried again, as a person asked."
RELEASE, MOVE = "release", "move"
"""How a delivery is judged again: rows that were valid stay, or go where the contract of now puts them."""

REBUILD = "rebuild"
"""A delivery is loaded again because the warehouse had lost its rows: the lake keeps its days until that is done."""


class Reversals(Claims):
    """Changes of mind: of people, of contracts, of senders."""

    def reopen(self, table: str) -> int:
        """Failed deliveries of `table` (of all tables when empty) become pending again; how many.

        So do those that lost their raw copy. Archives that hold members no contract recognised are opened again.
        """
        mine = [book.c.table_name == table if table else book.c.table_name != ""]
        inside = select(book.c.parent).where(book.c.state == FAILED, book.c.table_name == "", book.c.parent != "")
        with self._engine.begin() as connection:
            archives = _again(connection, FETCHED, REPLAYED, book.c.key.in_(inside), its_state == OPENED)
            again = _again(connection, FETCHED, REPLAYED, LOST, *mine)
            return archives + again + _again(connection, LISTED, REPLAYED, book.c.state == FAILED, *mine)

    def share_again(self, table: str) -> int:
        """Shared files of which `table` has no share are opened again; how many. It may have been left out then."""
        share = book.alias()
        shares = select(share.c.key).where(share.c.parent == book.c.key, share.c.path == book.c.path)
        lacking = (shares.exists(), ~shares.where(share.c.table_name == table).exists())
        with self._engine.begin() as connection:
            return _again(connection, FETCHED, REPLAYED, book.c.state == OPENED, *lacking)

    def load_again(self) -> int:
        """Everything loaded becomes pending again (`--force`); how many deliveries."""
        with self._engine.begin() as connection:
            return _again(connection, FETCHED, "Loaded again by force.", book.c.state == LOADED)

    def judge_again(self, keys: Sequence[str], how: str, lot: str) -> int:
        """These loaded deliveries are judged by the contract of now, as one lot; how many. `how`: RELEASE or MOVE.

        Those that are about to be judged again follow what is wished for now.
        """
        said = "Judged again by another contract" + (", also what was valid." if how == MOVE else ".")
        with self._engine.begin() as connection:
            for chunk in chunks(keys):
                about_to = (book.c.key.in_(chunk), its_state == FETCHED, book.c.again.in_((RELEASE, MOVE)))
                connection.execute(update(book).where(*about_to).values(again=how))
            return sum(
                _again(connection, FETCHED, said, book.c.key.in_(chunk), its_state == LOADED, again=how, lot=lot)
                for chunk in chunks(keys)
            )

    def rebuild(self, keys: Sequence[str]) -> int:
        """The warehouse has lost the rows of these loaded deliveries: they are loaded again; how many.

        So are those of them that could not be loaded again before, and all that were pending and have had rows.
        """
        said = "Loaded again: the warehouse had lost its rows."
        with self._engine.begin() as connection:
            had = (its_state.in_((LISTED, FETCHED)), book.c.key.in_(select(contributions.c.key)))
            connection.execute(update(book).where(*had).values(again=REBUILD))
            lost = or_(its_state == LOADED, and_(its_state == FAILED, book.c.again == REBUILD))
            return sum(
                _again(connection, FETCHED, said, book.c.key.in_(chunk), lost, again=REBUILD) for chunk in chunks(keys)
            )

    def to_rebuild(self) -> list[Row[Any]]:
        """The deliveries whose rows the warehouse has lost and that are not loaded again yet, oldest file first."""
        mine = (book.c.state.in_((LISTED, FETCHED, FAILED)), book.c.again == REBUILD)
        with self._engine.connect() as connection:
            return list(connection.execute(oldest_first(select(book).where(*mine))))

    def retract(self, keys: Sequence[str], why: str) -> None:
        """These deliveries and all that came in them are taken back: a run removes their rows, if they have any."""
        with self._engine.begin() as connection:
            for chunk in chunks(self._with_members(connection, keys)):
                mine = and_(book.c.key.in_(chunk), its_state.in_(CURRENT))
                own = _nobodys(mine)
                note(connection, "retracted", own, said=why)
                connection.execute(update(book).where(own).values(**FRESH, state=RETRACTED))
                owe(connection, chunk)
                note(connection, "retracting", mine, said=why)
                connection.execute(update(book).where(mine).values(**FRESH, state=RETRACTING, same_as=""))

    def retracted(self, keys: Sequence[str]) -> None:
        """The rows of these deliveries are gone from the warehouse; copies of them count in their place."""
        with self._engine.begin() as connection:
            for chunk in chunks(keys):
                mine = (book.c.key.in_(chunk), its_state == RETRACTING)
                note(connection, "retracted", *mine)
                none = {"rows_read": 0, "valid": 0, "quarantined": 0, "late": 0, "rows_kept": 0}
                connection.execute(update(book).where(*mine).values(**none, state=RETRACTED, batch="", lot=""))
                connection.execute(contributions.delete().where(contributions.c.key.in_(chunk)))
            owe(connection, keys)
            unlink(connection, keys)

    def let_in(self, keys: Sequence[str]) -> int:
        """What was taken back counts again; how many deliveries. What no contract recognised is as it was: failed."""
        with self._engine.begin() as connection:
            return sum(
                let_in(connection, book.c.key.in_(chunk)) for chunk in chunks(self._with_members(connection, keys))
            )

    def within(self, keys: Sequence[str]) -> list[Row[Any]]:
        """These deliveries, the members and shares in them, and those in these, oldest file first."""
        with self._engine.connect() as connection:
            return [
                row
                for chunk in chunks(self._with_members(connection, keys))
                for row in connection.execute(oldest_first(select(book).where(book.c.key.in_(chunk))))
            ]

    def refused_before(self, deliveries: Sequence[Delivery]) -> dict[str, str]:
        """Those whose bytes were taken back as the last version of the same file (key → that one's key)."""
        taken: dict[tuple[tuple[str, str, str], str], Delivery] = {}
        hashes = sorted({delivery.content_hash for delivery in deliveries})
        for chunk in chunks(hashes):
            by_person = (its_state.in_((RETRACTING, RETRACTED)), book.c.leaving != GONE)
            for found in self._find(book.c.content_hash.in_(chunk), *by_person):
                taken[found.place, found.content_hash] = found
        asked = {d.key: old for d in deliveries if (old := taken.get((d.place, d.content_hash))) and old.key != d.key}
        newer = {d.place: d.arrived for d in self._counting(list(asked.values()))}
        return {key: old.key for key, old in asked.items() if newer.get(old.place, old.arrived) <= old.arrived}

    def _counting(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """The loaded or linked versions of the same files, oldest first."""
        paths = sorted({delivery.path for delivery in deliveries})
        found = [
            delivery
            for chunk in chunks(paths)
            for delivery in self._find(book.c.path.in_(chunk), its_state.in_((LOADED, LINKED, OPENED, STORED)))
        ]
        return sorted(found, key=lambda delivery: delivery.arrived)

    def _with_members(self, connection: Connection, keys: Sequence[str]) -> list[str]:
        """These deliveries, the members and shares in them, and those in these.

        A member that only an older version of an archive had is in the archive too: its rows have stayed.
        """
        found = dict.fromkeys(keys)
        level = list(found)
        while level:
            inside = [
                key
                for chunk in chunks(level)
                for parents in (chunk, _older(chunk))
                for key in connection.scalars(select(book.c.key).where(book.c.parent.in_(parents)))
            ]
            level = [key for key in inside if key not in found]
            found |= dict.fromkeys(level)
        return list(found)


def _older(keys: Sequence[str]) -> Select[tuple[str]]:
    """Older versions of those of these deliveries that are no table's."""
    newer, older = book.alias(), book.alias()
    before = and_(older.c.path == newer.c.path, older.c.source == newer.c.source, older.c.arrived < newer.c.arrived)
    files = (newer.c.key.in_(keys), newer.c.table_name + "" == FILES, older.c.table_name + "" == FILES)
    return select(older.c.key).join(newer, before).where(*files)


def _nobodys(mine: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those that are no table's and so have no rows."""
    return and_(mine, its_table.in_(("", FILES)))


def let_in(connection: Connection, mine: ColumnElement[bool]) -> int:
    """What was taken back of these counts again; how many deliveries."""
    taken_back = (mine, its_state.in_((RETRACTING, RETRACTED)))
    unknown = {"stage": "read", "reason": "No contract has recognised it.", "cure": "Add its name to a contract."}
    nobodys = (*taken_back, its_table == "")
    note(connection, "again", *nobodys)
    count = int(connection.execute(update(book).where(*nobodys).values(**{**FRESH, **unknown}, state=FAILED)).rowcount)
    return count + _again(connection, _before(), "It counts again.", *taken_back)


def _before() -> ColumnElement[str]:
    """What a delivery was before it was taken back, as far as it matters: with bytes in the raw zone or without."""
    return case((book.c.content_hash == "", LISTED), else_=FETCHED)


def _again(connection: Connection, state: object, said: str, *where: ColumnElement[bool], **values: object) -> int:
    note(connection, "again", *where, said=said)
    still = case((book.c.again == REBUILD, REBUILD), else_="")  # what is lost is so until it is loaded
    changed = {**FRESH, "again": still, **values, "state": state}
    return int(connection.execute(update(book).where(*where).values(**changed)).rowcount)
