"""Unpack: what is no one table's becomes deliveries that are: members of archives, shares of files for several."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from dropzone_assets.archives import Member, is_archive
from dropzone_assets.contracts import recognise
from dropzone_assets.errors import Permanent, Refused
from dropzone_assets.files import FILES, INSIDE, Delivery, Listed
from dropzone_assets.ledger import FETCHED, OPENED, RETRACTED, STORED, now
from dropzone_assets.pipeline.discover import passed_on, recognised
from dropzone_assets.pipeline.members import members_of
from dropzone_assets.pipeline.transfer import copied, keep, spooled
from dropzone_assets.platform import Platform
from dropzone_assets.store import Writing

HIDDEN = re.compile(r"(^|/)[._]")
"""Members that nobody packs on purpose (`__MACOSX/`, `.DS_Store`): not files, as at a source."""


@dataclass
class Unpacked:
    """What came of files that are no one table's: `opened` into `members`, `stored` as they are, or `failed`."""

    opened: list[Delivery] = field(default_factory=list)
    stored: list[Delivery] = field(default_factory=list)
    members: list[Delivery] = field(default_factory=list)
    failed: list[Delivery] = field(default_factory=list)


def unpack(platform: Platform, deliveries: Sequence[Delivery]) -> Unpacked:
    """Open every file, whose bytes are in the raw zone. Done twice, nothing changes.

    Members are written down, and older versions replaced, before their archive is said to be opened, so that a kill
    between opens it again.
    """
    done, waiting = Unpacked(), deque(deliveries)
    while waiting:
        delivery = waiting.popleft()
        if passed_on(platform, delivery.source):
            platform.ledger.deliveries.settled([delivery.key], STORED)
            done.stored.append(delivery)
            continue
        with platform.raw.writing() as writing:
            members, refusal = _inside(platform, delivery, writing)
        _record(platform, delivery, members)
        if refusal:
            platform.ledger.deliveries.failed(delivery.key, "read", refusal)
            done.failed.append(delivery)
            continue
        _replace(platform, delivery)
        platform.ledger.deliveries.settled([delivery.key], OPENED)
        done.opened.append(delivery)
        done.members += members
        waiting.extend(member for member in members if member.table == FILES)
    return done


def _replace(platform: Platform, delivery: Delivery) -> None:
    """Older versions of an opened file count no more; their members are replaced one by one."""
    older = platform.ledger.arrivals.older_files(delivery)
    platform.ledger.deliveries.superseded([*older, *platform.ledger.arrivals.failed_inside(older)])


def _inside(platform: Platform, delivery: Delivery, writing: Writing) -> tuple[list[Delivery], Permanent | None]:
    """What came in a file; and why the rest of it cannot be read, if so."""
    found: list[Delivery] = []
    try:
        found.extend(
            _members(platform, delivery, writing) if is_archive(delivery.path) else _shares(platform, delivery)
        )
    except Permanent as refusal:
        return found, refusal
    return found, None


def _shares(platform: Platform, delivery: Delivery) -> Iterator[Delivery]:
    """One delivery for each table that takes its records from a shared file."""
    tables, file_time = recognise(delivery.path, platform.contracts.tables.values(), delivery.file_time)
    for table in tables:
        version = f"{delivery.content_hash}#{table}"
        key = Listed(delivery.source, delivery.path, version, delivery.size).key
        share = replace(delivery, key=key, version=version, table=table, file_time=file_time)
        yield replace(share, state=FETCHED, parent=delivery.key)


def _members(platform: Platform, delivery: Delivery, writing: Writing) -> Iterator[Delivery]:
    """The members of an archive, each with its bytes in the raw zone; a bad one fails alone."""
    failed = platform.ledger.arrivals.failed_inside([delivery.key])
    with members_of(platform, delivery) as members:
        for member, stream in members:
            if member.problem or not HIDDEN.search(member.path):
                yield from _member(platform, delivery, member, stream, failed, writing)


def _member(
    platform: Platform,
    archive: Delivery,
    member: Member,
    stream: BinaryIO | None,
    failed: Sequence[str],
    writing: Writing,
) -> Iterator[Delivery]:
    """The delivery that a member is, in place of one that had `failed`; none when it is bad."""
    path = f"{archive.path}{INSIDE}{member.path}"
    try:
        if member.problem or stream is None:
            raise Refused(f"{path} {member.problem}.", "Ask the sender to pack it again under a plain name.")
        with spooled(platform) as spool:
            content_hash = copied(stream, spool)
            listed = Listed(archive.source, path, content_hash, spool.stat().st_size)
            delivery = recognised(platform, listed, archive.file_time)
            delivery = replace(delivery, content_hash=content_hash, state=FETCHED, parent=archive.key)
            delivery = replace(delivery, arrived=archive.arrived)
            keep(platform, spool, delivery, writing)
    except Refused as refusal:
        _refused(platform, archive, path, refusal)
    else:
        if _failed_key(archive, path) in failed:
            platform.ledger.deliveries.superseded([_failed_key(archive, path)])
        yield delivery


def _record(platform: Platform, parent: Delivery, members: list[Delivery]) -> None:
    """Write members down. They arrived when what they came in did, so that the newest counts, whichever opens last."""
    platform.ledger.arrivals.record(members)
    keys = [member.key for member in members]
    platform.ledger.arrivals.brought(keys, parent)
    if any(known.state == RETRACTED for known in platform.ledger.worklist.of_keys([parent.key])):
        platform.ledger.retractions.retract(keys, "What it came in was taken back.")


def _refused(platform: Platform, archive: Delivery, path: str, refusal: Refused) -> None:
    at, key = now(), _failed_key(archive, path)
    failed = Delivery(key, archive.source, path, archive.version, -1, "", at, at, parent=archive.key)
    platform.ledger.arrivals.record([failed])
    platform.ledger.deliveries.failed(key, "read", refusal)
    platform.ledger.partitions.ingestion_changed([at.date()])


def _failed_key(archive: Delivery, path: str) -> str:
    """The delivery that a member is whose bytes nobody has."""
    return Listed(archive.source, path, archive.version, -1).key
