"""Files that a person takes back, and that count again."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select

from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book, oldest_first, with_members
from dropzone_assets.ledger.failures import unlink
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.owed import owe
from dropzone_assets.ledger.replays import try_again
from dropzone_assets.ledger.rows import DeliveryRow
from dropzone_assets.ledger.schema import contributions, its_state, its_table
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import GONE, RETRACTED, RETRACTING, SAFE
from dropzone_assets.ledger.writing import writing

_UNKNOWN = {"stage": "read", "reason": "No contract has recognised it.", "cure": "Add its name to a contract."}


class Retractions(Book):
    """Changes of mind of people."""

    def retract(self, keys: Sequence[str], why: str) -> None:
        """These deliveries and all that came in them are taken back: a run removes their rows, if they have any."""
        with writing(self._engine) as connection:
            for chunk in chunks(with_members(connection, keys)):
                mine, rowless = book.c.key.in_(chunk), its_table.in_(("", FILES))
                move(connection, states.RETRACT_ROWLESS, mine, rowless, said=why)
                owe(connection, chunk)
                move(connection, states.RETRACT, mine, said=why)

    def retracted(self, keys: Sequence[str]) -> None:
        """The rows of these deliveries are gone from the warehouse; copies of them count in their place."""
        with writing(self._engine) as connection:
            for chunk in chunks(keys):
                move(connection, states.END_RETRACTION, book.c.key.in_(chunk))
                connection.execute(contributions.delete().where(contributions.c.key.in_(chunk)))
            owe(connection, keys)
            unlink(connection, keys)

    def let_in(self, keys: Sequence[str]) -> int:
        """What was taken back counts again; how many deliveries. What no contract recognised is as it was: failed."""
        with writing(self._engine) as connection:
            return sum(let_in(connection, book.c.key.in_(chunk)) for chunk in chunks(with_members(connection, keys)))

    def within(self, keys: Sequence[str]) -> list[DeliveryRow]:
        """These deliveries, the members and shares in them, and those in these, oldest file first."""
        with self._engine.connect() as connection:
            every = with_members(connection, keys)
        of = [oldest_first(select(book).where(book.c.key.in_(chunk))) for chunk in chunks(every)]
        return [row for query in of for row in self._rows(DeliveryRow, query)]

    def refused_before(self, deliveries: Sequence[Delivery]) -> dict[str, str]:
        """Those whose bytes were taken back as the last version of the same file (key → that one's key)."""
        taken: dict[tuple[tuple[str, str, str], str], Delivery] = {}
        hashes = sorted({delivery.content_hash for delivery in deliveries})
        for chunk in chunks(hashes):
            by_person = (its_state.in_((RETRACTING, RETRACTED)), book.c.leaving != GONE)
            for found in self._find(book.c.content_hash.in_(chunk), *by_person):
                taken[found.location, found.content_hash] = found
        asked = {
            d.key: old for d in deliveries if (old := taken.get((d.location, d.content_hash))) and old.key != d.key
        }
        newer = {d.location: d.arrived for d in self._counting(list(asked.values()))}
        return {key: old.key for key, old in asked.items() if newer.get(old.location, old.arrived) <= old.arrived}

    def _counting(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """The versions of the same files that count, oldest first."""
        paths = sorted({delivery.path for delivery in deliveries})
        found = [
            delivery for chunk in chunks(paths) for delivery in self._find(book.c.path.in_(chunk), its_state.in_(SAFE))
        ]
        return sorted(found, key=lambda delivery: delivery.arrived)


def let_in(connection: Connection, mine: ColumnElement[bool]) -> int:
    """What was taken back of these counts again; how many deliveries."""
    count = move(connection, states.LET_IN_NAMELESS, mine, its_table == "", values=_UNKNOWN)
    said = "It counts again."
    count += try_again(connection, states.LET_IN_UNCOPIED, said, mine, book.c.content_hash == "")
    return count + try_again(connection, states.LET_IN, said, mine)
