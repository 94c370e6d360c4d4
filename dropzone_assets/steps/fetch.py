"""Fetch: copy deliveries into the raw zone, hashing the bytes on their way."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from blake3 import blake3

from dropzone_assets.errors import Permanent, SourceUnavailable
from dropzone_assets.files import Delivery
from dropzone_assets.platform import Platform
from dropzone_assets.sources import Source

CHUNK = 1 << 20
"""Bytes in memory while a file is copied."""

GROUP = 500
"""Files between two entries in the ledger: what a kill makes us copy again."""


@dataclass
class Fetched:
    """What became of deliveries on their way to the raw zone.

    `present`: their bytes are there. `linked`: another delivery had brought the same bytes. `changed`: replaced at
    the source before they were copied. `failed`: set aside. `copied`: bytes that had to be copied.
    """

    present: list[Delivery] = field(default_factory=list)
    linked: list[Delivery] = field(default_factory=list)
    changed: list[Delivery] = field(default_factory=list)
    failed: list[Delivery] = field(default_factory=list)
    copied: int = 0


class Changed(Permanent):
    """The file at the source is no longer the version that was listed; the new one is a delivery of its own."""


def fetch(platform: Platform, deliveries: Sequence[Delivery]) -> Fetched:
    """Bring the bytes of `deliveries` into the raw zone and write down what became of each.

    Bytes that are there already are not copied again, so the source may be gone when a date is rebuilt.

    Raises:
        SourceUnavailable: the source, or the disk of the raw zone, does not answer.
    """
    done = Fetched()
    wanted = [delivery for delivery in deliveries if delivery.state != "linked"]
    for start in range(0, len(wanted), GROUP):
        brought = [b for d in wanted[start : start + GROUP] if (b := _bring(platform, d, done))]
        fresh = [delivery for delivery in brought if delivery.state != "loaded"]
        platform.ledger.deliveries.fetched({delivery.key: delivery.content_hash for delivery in fresh})
        links = _links(platform, fresh)
        platform.ledger.deliveries.linked(links)
        done.linked += [delivery for delivery in brought if delivery.key in links]
        done.present += [delivery for delivery in brought if delivery.key not in links]
    platform.ledger.deliveries.superseded([delivery.key for delivery in done.changed])
    return done


def _bring(platform: Platform, delivery: Delivery, done: Fetched) -> Delivery | None:
    """The delivery with its content hash, its bytes in the raw zone; None when that did not work out."""
    if delivery.content_hash and platform.raw.exists(delivery.raw_path):
        return delivery
    try:
        brought = _copy(platform, delivery)
    except Changed:
        done.changed.append(delivery)
    except Permanent as error:
        platform.ledger.deliveries.failed(delivery.key, "read", error)
        done.failed.append(delivery)
    else:
        done.copied += delivery.size
        return brought
    return None


def _copy(platform: Platform, delivery: Delivery) -> Delivery:
    source = platform.sources.get(delivery.source)
    if source is None:
        raise Permanent(f"{delivery.path} is from {delivery.source}, which sources.yaml does not have.", "Add it.")
    platform.settings.spill.mkdir(parents=True, exist_ok=True)
    spool = platform.settings.spill / f"incoming-{uuid4().hex}"
    try:
        brought = replace(delivery, content_hash=_spool(source, delivery, spool))
        if source.version(delivery.path) != delivery.version:
            raise Changed(f"{delivery.path} changed while it was copied.")
        if not platform.raw.exists(brought.raw_path):
            platform.raw.adopt(spool, brought.raw_path)
    finally:
        spool.unlink(missing_ok=True)
    return brought


def _spool(source: Source, delivery: Delivery, spool: Path) -> str:
    """Copy the bytes to `spool`; their BLAKE3."""
    digest = blake3()
    try:
        with source.open(delivery.path) as stream, spool.open("wb") as copy:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
    except FileNotFoundError as error:
        raise Permanent(f"{delivery.path} was gone before it was copied.", "Drop it again.") from error
    except PermissionError as error:
        cure = f"Make it readable, then: dropzone replay {delivery.table}."
        raise Permanent(f"{delivery.path} may not be read: {error}.", cure) from error
    except OSError as error:
        raise SourceUnavailable(f"{delivery.path} could not be copied: {error}", "It is tried again.") from error
    return digest.hexdigest()


def _links(platform: Platform, fresh: Sequence[Delivery]) -> dict[str, str]:
    """Deliveries whose bytes another delivery of the table holds: the loaded one, else the oldest.

    A holder whose file has had other bytes since keeps nothing: its rows are gone, or about to go.
    """
    keepers: dict[tuple[str, str], Delivery] = {}
    holders = platform.ledger.deliveries.holders([delivery.content_hash for delivery in fresh])
    versions: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in (*holders, *platform.ledger.deliveries.siblings(holders)):
        versions.setdefault(delivery.place, []).append(delivery)
    for holder in sorted(holders, key=lambda holder: holder.state != "loaded"):
        since = [other for other in versions[holder.place] if other.arrived > holder.arrived and other.content_hash]
        if all(other.content_hash == holder.content_hash for other in since):
            keepers.setdefault((holder.table, holder.content_hash), holder)
    found = {d.key: keepers[d.table, d.content_hash].key for d in fresh if (d.table, d.content_hash) in keepers}
    return {key: keeper for key, keeper in found.items() if key != keeper}
