"""Readable: what is asked of the raw zone is whole, or is made whole, or fails and keeps its rows."""

from collections.abc import Iterable, Sequence

from dropzone_assets.engine import attached, columns_of, literals, rows
from dropzone_assets.errors import DropzoneError, Lost, Transient
from dropzone_assets.files import Delivery, RawFile
from dropzone_assets.ledger import FETCH, LOADED, OPENED, SAFE
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.pipeline.recover import Damage, recover
from dropzone_assets.pipeline.tables import LOADS
from dropzone_assets.platform import Platform


def readable(platform: Platform, deliveries: Iterable[Delivery]) -> list[RawFile]:
    """Those of these deliveries whose raw copies are whole, or are made whole here, to be read.

    The others have failed, or wait for their source; what came of them stays as it is.

    Raises:
        Transient: the raw zone, or a source that may still have the bytes of one, does not answer.
    """
    copied = [delivery for delivery in deliveries if delivery.content_hash]
    without = platform.ledger.raw_copies.unreadable([delivery.key for delivery in copied])
    copied = [delivery for delivery in copied if delivery.key not in without]
    damaged = [Damage(d, copy) for d in copied if not (copy := raw_copy(platform, d)).whole]
    found = recover(platform, damaged)
    lost = [(d, error) for d, _ in damaged if isinstance(error := found[d.key], DropzoneError)]
    set_aside(platform, lost)
    gone = {delivery.key for delivery, _ in lost}
    return [RawFile(d, platform.raw.uri(d.raw_path)) for d in copied if d.key not in gone]


def set_aside(platform: Platform, lost: Sequence[tuple[Delivery, DropzoneError]]) -> None:
    """These raw copies cannot be made again, and why. What came of a delivery stays: rows, members, links.

    Raises:
        Transient: some of them might be, later.
    """
    held = _held(platform, [delivery.key for delivery, _ in lost if delivery.state not in SAFE])
    for delivery, error in lost:
        state = delivery.state if delivery.state in SAFE else held.get(delivery.key, "")
        if isinstance(error, Transient):
            raise error
        if state:
            stays = "What came in it" if state == OPENED else "What it brought"
            error = Lost(f"{error.found} {stays} stays as it is.", error.cure)
            platform.ledger.raw_copies.lost(delivery.key, state, error)
        else:
            platform.ledger.deliveries.failed(delivery.key, FETCH, error)


def _held(platform: Platform, keys: Sequence[str]) -> dict[str, str]:
    """Those of these deliveries of which something has come, and what that makes them."""
    inside = {row.parent for row in platform.ledger.retractions.within(keys)}
    held = {key: OPENED for key in keys if key in inside}
    if keys and platform.settings.warehouse.exists():
        connection = platform.connect()
        with attached(connection, platform.settings.warehouse, read_only=True):
            if columns_of(connection, LOADS):
                asked = f"SELECT delivery FROM {LOADS} WHERE delivery IN (SELECT unnest({literals(keys)}))"
                held |= {key: LOADED for (key,) in rows(connection, asked)}
    return held
