"""Raw copies that are lost: what came of their deliveries stays, and a person is told."""

from collections.abc import Sequence

from sqlalchemy import select, update

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.ledger.journal import note
from dropzone_assets.ledger.reversals import Reversals
from dropzone_assets.ledger.schema import FETCH, LOST, PENDING, RETRACTED, RETRACTING, SAFE, SUPERSEDED, its_state
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks


class Copies(Reversals):
    """What is known of the objects in the raw zone."""

    def with_bytes(self, content_hash: str) -> list[Delivery]:
        """Every delivery that ever brought these bytes, whatever its state, oldest file first."""
        return self._find(book.c.content_hash == content_hash)

    def lost(self, key: str, state: str, error: DropzoneError) -> None:
        """The raw copy of a delivery is lost, and cannot be made again. It is what it was, `state`, and has failed.

        Its rows, its members and what is linked to it stay.
        """
        said = {"stage": FETCH, "reason": error.found, "cure": error.cure, "waits": 0, "not_before": None}
        free = {"batch": "", "lot": "", "again": ""}
        mine = (book.c.key == key, its_state.not_in((SUPERSEDED, RETRACTING, RETRACTED)))
        with self._engine.begin() as connection:
            note(connection, "failed", *mine, said=f"{FETCH}: {error.found}")
            connection.execute(update(book).where(*mine).values(state=state, **said, **free))

    def found_again(self, hashes: Sequence[str]) -> None:
        """The raw copies with these contents, which were lost, are whole."""
        with self._engine.begin() as connection:
            for chunk in chunks(hashes):
                mine = (book.c.content_hash.in_(chunk), LOST)
                note(connection, "recovered", *mine, said="Its raw copy is whole again.")
                connection.execute(update(book).where(*mine).values(stage="", reason="", cure=""))

    def unreadable(self, keys: Sequence[str]) -> set[str]:
        """Those of these deliveries whose raw copy is lost, or could not be made again when that was last tried."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for chunk in chunks(keys):
                mine = (book.c.key.in_(chunk), its_state.in_((*SAFE, *PENDING)), book.c.stage + "" == FETCH)
                found.update(connection.scalars(select(book.c.key).where(*mine)))
        return found
