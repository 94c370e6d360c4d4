"""What is tried or loaded again: replays, loads by force, other contracts, rows that the warehouse has lost."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select, update

from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book, oldest_first
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.rows import DeliveryRow
from dropzone_assets.ledger.schema import KEPT_AS_IT_WAS, contributions, its_state
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import FAILED, FETCHED, LISTED, LOADED, OPENED, Move
from dropzone_assets.ledger.writing import writing

REPLAYED = "Tried again, as a person asked."
RELEASE, MOVE = "release", "move"
"""How a delivery is validated again: rows that were valid stay, or go where the contract of now puts them."""

REBUILD = "rebuild"
"""A delivery is loaded again because the warehouse had lost its rows: the lake keeps its days until that is done."""

_STILL = case((book.c.again == REBUILD, REBUILD), else_="")
"""What is lost is so until it is loaded, whoever tries it again and why."""


class Replays(Book):
    """Deliveries that are pending once more."""

    def reopen(self, table: str) -> int:
        """Failed deliveries of `table` (of all tables when empty) become pending again; how many.

        So do those that lost their raw copy, or gave fewer rows out of it. Archives that hold members no contract
        recognised are opened again.
        """
        mine = [book.c.table_name == table if table else book.c.table_name != ""]
        inside = select(book.c.parent).where(book.c.state == FAILED, book.c.table_name == "", book.c.parent != "")
        with writing(self._engine) as connection:
            return (
                try_again(connection, states.REOPEN, REPLAYED, book.c.key.in_(inside))
                + try_again(connection, states.RECOPY, REPLAYED, KEPT_AS_IT_WAS, *mine)
                + try_again(connection, states.REPLAY, REPLAYED, book.c.state == FAILED, *mine)
            )

    def share_again(self, table: str) -> int:
        """Shared files of which `table` has no share are opened again; how many. It may have been left out then."""
        share = book.alias()
        shares = select(share.c.key).where(share.c.parent == book.c.key, share.c.path == book.c.path)
        lacking = (shares.exists(), ~shares.where(share.c.table_name == table).exists())
        with writing(self._engine) as connection:
            return try_again(connection, states.REOPEN, REPLAYED, book.c.state == OPENED, *lacking)

    def load_again(self) -> int:
        """Everything loaded becomes pending again (`--force`); how many deliveries."""
        with writing(self._engine) as connection:
            return try_again(connection, states.RELOAD, "Loaded again by force.", book.c.state == LOADED)

    def revalidate(self, keys: Sequence[str], how: str, lot: str) -> int:
        """These loaded deliveries are validated by the contract of now, as one lot; how many.

        Those that are about to be validated again follow what is wished for now.

        Args:
            how: RELEASE or MOVE.
        """
        said = "Validated again by another contract" + (", also what was valid." if how == MOVE else ".")
        values = {"again": how, "lot": lot}
        with writing(self._engine) as connection:
            for chunk in chunks(keys):
                about_to = (book.c.key.in_(chunk), its_state == FETCHED, book.c.again.in_((RELEASE, MOVE)))
                connection.execute(update(book).where(*about_to).values(again=how))
            return sum(
                try_again(connection, states.RELOAD, said, book.c.key.in_(chunk), values=values)
                for chunk in chunks(keys)
            )

    def rebuild(self, keys: Sequence[str]) -> int:
        """The warehouse has lost the rows of these loaded deliveries: they are loaded again; how many.

        So are those of them that could not be loaded again before, and all that were pending and have had rows.
        """
        said, values = "Loaded again: the warehouse had lost its rows.", {"again": REBUILD}
        lost = or_(its_state == LOADED, and_(its_state == FAILED, book.c.again == REBUILD))
        with writing(self._engine) as connection:
            had = (its_state.in_((LISTED, FETCHED)), book.c.key.in_(select(contributions.c.key)))
            connection.execute(update(book).where(*had).values(**values))
            return sum(
                try_again(connection, states.REBUILD, said, book.c.key.in_(chunk), lost, values=values)
                for chunk in chunks(keys)
            )

    def to_rebuild(self) -> list[DeliveryRow]:
        """The deliveries whose rows the warehouse has lost and that are not loaded again yet, oldest file first."""
        mine = (book.c.state.in_((LISTED, FETCHED, FAILED)), book.c.again == REBUILD)
        return self._rows(DeliveryRow, oldest_first(select(book).where(*mine)))


def try_again(
    connection: Connection, what: Move, said: str, *where: ColumnElement[bool], values: dict[str, Any] | None = None
) -> int:
    """This happens to the deliveries for which `where` holds; how many."""
    return move(connection, what, *where, said=said, values={"again": _STILL, **(values or {})})
