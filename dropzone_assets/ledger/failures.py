"""What ends a delivery ends what was linked to it, and its sender is to be told."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection

from dropzone_assets.errors import DropzoneError
from dropzone_assets.ledger import states
from dropzone_assets.ledger.moves import move
from dropzone_assets.ledger.owed import owe
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks


def fail(connection: Connection, key: str, stage: str, error: DropzoneError, *where: ColumnElement[bool]) -> None:
    """One delivery is set aside until a person acts, and what was linked to it is pending again."""
    why = {"stage": stage, "reason": error.found, "cure": error.cure}
    said = f"{stage}: {error.found}"
    if move(connection, states.FAIL, book.c.key == key, *where, said=said, values=why):
        owe(connection, [key])
        unlink(connection, [key])


def unlink(connection: Connection, keys: Sequence[str]) -> None:
    """The deliveries linked to these are pending again: what they were equal to is gone."""
    for chunk in chunks(keys):
        mine = book.c.same_as.in_(chunk)
        move(connection, states.UNLINK, mine, said="What it was equal to is gone.", values={"batch": ""})
