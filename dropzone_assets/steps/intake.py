"""Intake: list a source, write new deliveries into the ledger, and say which table each belongs to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dropzone_assets.contracts import Recognised, recognise
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
    _recognise_again(platform, source, listed)
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
    (table, *_), file_time = _tables_of(platform, item, arrived)
    first, last = platform.settings.start_date, datetime.now(UTC).date() + timedelta(days=1)
    if not first <= file_time.date() <= last:
        raise Refused(
            f"{item.path} is for {file_time.date()}, which is not between {first} and tomorrow.",
            "Rename it, or set DROPZONE_START_DATE to an earlier day.",
        )
    return Delivery(item.key, item.source, item.path, item.version, item.size, table, file_time, arrived)


def _tables_of(platform: Platform, item: Listed, arrived: datetime) -> Recognised:
    """Which tables the file feeds; where none is found, contracts left out are named too."""
    try:
        return recognise(item.path, platform.contracts.tables.values(), arrived)
    except Refused as refusal:
        left_out = [*(error.found.split(":")[0] for error in platform.contracts.broken), *platform.contracts.inactive]
        if not left_out:
            raise
        cure = f"{refusal.cure} Left out now: {', '.join(left_out)}; see: dropzone contracts check."
        raise Refused(refusal.found, cure) from refusal


def _recognise_again(platform: Platform, source: Source, listed: Sequence[Listed]) -> None:
    """A contract may have learned the name of a file that was refused before, or a person took the file away."""
    deliveries = platform.ledger.deliveries
    nameless = {delivery.key: delivery for delivery in deliveries.nameless(source.name)}
    there = {item.key: item for item in listed} if nameless else {}
    deliveries.superseded([key for key in nameless if key not in there])
    for key in nameless.keys() & there.keys():
        try:
            deliveries.adopt(_recognised(platform, there[key], nameless[key].arrived))
        except Refused:
            continue
