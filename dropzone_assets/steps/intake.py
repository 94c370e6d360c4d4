"""Intake: list a source, write new deliveries into the ledger, and say which table each belongs to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dropzone_assets.contracts import recognise
from dropzone_assets.errors import Refused
from dropzone_assets.files import Delivery, Listed
from dropzone_assets.platform import Platform
from dropzone_assets.sources import Source


class Intake(NamedTuple):
    """What a listing came to, in files: seen at the source, new to the ledger, not settled yet, refused by name."""

    seen: int
    new: int
    waiting: int
    refused: int


def take_in(platform: Platform, source: Source) -> Intake:
    """List one source and record what is new. Reads no file; asked twice, the second answer has nothing new.

    Raises:
        SourceUnavailable: the source cannot be listed.
    """
    listed = list(source.list())
    settled = [item for item in listed if item.settled]
    now = datetime.now(UTC).replace(tzinfo=None)
    new = platform.ledger.deliveries.unknown(settled)
    refused = _record(platform, new, now)
    restored = platform.ledger.deliveries.restore(settled)
    _recognise_again(platform, source, settled)
    return Intake(len(listed), len(new) + restored, len(listed) - len(settled), refused)


def _record(platform: Platform, new: Sequence[Listed], now: datetime) -> int:
    """Write new files down, those that no contract recognises as failed; how many of these."""
    good: list[Delivery] = []
    refused: dict[Listed, Refused] = {}
    for item in new:
        try:
            good.append(_recognised(platform, item, now))
        except Refused as refusal:
            refused[item] = refusal
    deliveries = platform.ledger.deliveries
    deliveries.record([*good, *(Delivery(i.key, i.source, i.path, i.version, i.size, "", now, now) for i in refused)])
    for item, why in refused.items():
        deliveries.failed(item.key, "read", why)
    if refused:
        platform.ledger.partitions.ingestion_changed([now.date()])
    return len(refused)


def _recognised(platform: Platform, item: Listed, arrived: datetime) -> Delivery:
    if item.problem:
        raise Refused(f"{item.path!r} {item.problem}.", "Give it a plain name, or drop the file itself.")
    table, file_time = recognise(item.path, platform.contracts.tables.values(), arrived)
    first, last = platform.settings.start_date, datetime.now(UTC).date() + timedelta(days=1)
    if not first <= file_time.date() <= last:
        raise Refused(
            f"{item.path} is for {file_time.date()}, which is not between {first} and tomorrow.",
            "Rename it, or set DROPZONE_START_DATE to an earlier day.",
        )
    return Delivery(item.key, item.source, item.path, item.version, item.size, table, file_time, arrived)


def _recognise_again(platform: Platform, source: Source, settled: Sequence[Listed]) -> None:
    """A contract may have learned the name of a file that was refused before."""
    nameless = {delivery.key: delivery for delivery in platform.ledger.deliveries.nameless(source.name)}
    for item in settled if nameless else ():
        try:
            if item.key in nameless:
                platform.ledger.deliveries.adopt(_recognised(platform, item, nameless[item.key].arrived))
        except Refused:
            continue
