"""Raw copies that are lost: what came of their deliveries stays, and a person is told."""

from collections.abc import Sequence

from sqlalchemy import select

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import states
from dropzone_assets.ledger.book import Book
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.schema import UNFETCHED, its_state
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import FETCH, PENDING, SAFE
from dropzone_assets.ledger.writing import writing


class RawCopies(Book):
    """What is known of the objects in the raw zone."""

    def with_bytes(self, content_hash: str) -> list[Delivery]:
        """Every delivery that ever brought these bytes, whatever its state, oldest file first."""
        return self._find(book.c.content_hash == content_hash)

    def lost(self, key: str, state: str, error: DropzoneError) -> None:
        """The raw copy of a delivery is lost, and cannot be made again. It is what it was, `state`, and has failed.

        Its rows, its members and what is linked to it stay.
        """
        values = {"stage": FETCH, "reason": error.found, "cure": error.cure, "state": state}
        with writing(self._engine) as connection:
            move(connection, states.LOSE_COPY, book.c.key == key, said=f"{FETCH}: {error.found}", values=values)

    def found_again(self, hashes: Sequence[str]) -> None:
        """The raw copies with these contents, which were lost, are whole."""
        with writing(self._engine) as connection:
            for chunk in chunks(hashes):
                mine = (book.c.content_hash.in_(chunk), UNFETCHED)
                move(connection, states.FIND_COPY, *mine, said="Its raw copy is whole again.")

    def unreadable(self, keys: Sequence[str]) -> set[str]:
        """Those of these deliveries whose raw copy is lost, or could not be made again when that was last tried."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for chunk in chunks(keys):
                mine = (book.c.key.in_(chunk), its_state.in_((*SAFE, *PENDING)), book.c.stage + "" == FETCH)
                found.update(connection.scalars(select(book.c.key).where(*mine)))
        return found
