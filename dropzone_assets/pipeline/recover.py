"""Recover: a raw copy that is not what the ledger says is made again, from whatever still has its bytes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from dropzone_assets.errors import DropzoneError, Lost, Permanent, SourceUnavailable
from dropzone_assets.files import INSIDE, Delivery
from dropzone_assets.ledger import LEFT
from dropzone_assets.pipeline.members import members_of
from dropzone_assets.pipeline.plan import replay_of
from dropzone_assets.pipeline.raw_copy import RawCopy, raw_copy
from dropzone_assets.pipeline.transfer import copied, keep, spooled
from dropzone_assets.platform import Platform

Outcome = Delivery | DropzoneError
"""A delivery whose bytes are in the raw zone, or why they are not."""


class Damage(NamedTuple):
    """A delivery whose raw copy is not whole, and how it was found."""

    delivery: Delivery
    copy: RawCopy


class _Location(NamedTuple):
    """Where bytes may be had again: a path at a source; with a version only while it is this one."""

    source: str
    path: str
    version: str = ""


def recover(platform: Platform, damaged: Sequence[Damage]) -> dict[str, Outcome]:
    """Make raw copies again: from other objects with these bytes, from sources, from the archives they came in.

    Nothing is taken that does not hash to what came. Delivery → itself, or why its bytes are not to be had: `Lost`, or
    an error that passes when a source, or the raw zone, does not answer.
    """
    found: dict[str, Outcome] = {}
    inside: dict[str, list[Damage]] = {}
    if not damaged:
        return found
    for each in damaged:
        found[each.delivery.key] = outcome = _recovered(platform, each)
        if each.delivery.parent and isinstance(outcome, Lost):
            inside.setdefault(each.delivery.parent, []).append(each)
    for parent, members in inside.items():
        found |= _unpacked_again(platform, parent, members)
    again = {outcome.content_hash for outcome in found.values() if isinstance(outcome, Delivery)}
    platform.ledger.raw_copies.found_again(sorted(again))
    return found


def _recovered(platform: Platform, damage: Damage) -> Outcome:
    """The delivery, once its bytes have been had from another place than what it came in."""
    delivery, why = damage.delivery, "its source no longer has it"
    others = platform.ledger.raw_copies.with_bytes(delivery.content_hash)
    silent: SourceUnavailable | None = None
    try:
        if any(_from_object(platform, delivery, other) for other in others):
            return delivery
        for location in _locations(platform, [delivery, *others]):
            try:
                found = _from_location(platform, delivery, location)
            except SourceUnavailable as error:
                silent = silent or error
                continue
            if not found:
                return delivery
            why = found
    except DropzoneError as error:
        return error
    return silent or lost(platform, damage, why)


def lost(platform: Platform, damage: Damage, why: str) -> Lost:
    """What is said of a raw copy that cannot be made again."""
    delivery = damage.delivery
    location = platform.raw.uri(delivery.raw_path)
    return Lost(
        f"The raw copy of {delivery.path} {damage.copy.found}; {why}.",
        f"Drop the same file again, or put it back from a backup as {location}; then: {replay_of(delivery.table)}.",
    )


def _from_object(platform: Platform, delivery: Delivery, other: Delivery) -> bool:
    """Whether another object, under a name with another suffix, has had the bytes."""
    if other.raw_path == delivery.raw_path or not raw_copy(platform, other, deep=True).whole:
        return False
    with spooled(platform) as spool:
        platform.raw.copy(other.raw_path, spool)
        keep(platform, spool, delivery)
    return True


def _locations(platform: Platform, deliveries: Iterable[Delivery]) -> Iterator[_Location]:
    """Where files with these bytes were listed, and where those that have left were moved to."""
    roots = {d.key: d for d in deliveries if not d.parent and d.source in platform.configs}
    rows = {row.key: row for row in platform.ledger.queries.entries(list(roots))}
    for key, delivery in roots.items():
        config = platform.configs[delivery.source]
        yield _Location(config.name, delivery.path, delivery.version)
        if rows[key].leaving == LEFT and config.after == "move":
            yield _Location(config.name, f"{config.move_to}/{delivery.path}")


def _from_location(platform: Platform, delivery: Delivery, location: _Location) -> str:
    """Copy from a source; what is wrong there, if anything is."""
    source = platform.sources[location.source]
    with suppress(FileNotFoundError):
        version = source.version(location.path)
        if version and location.version not in ("", version):
            return "its source has another version of it now"
        if version:
            with spooled(platform) as spool, source.open(location.path) as stream:
                same = copied(stream, spool) == delivery.content_hash
                if same:
                    keep(platform, spool, delivery)
            return "" if same else "its source has other bytes under its name"
    return "its source no longer has it"


def _unpacked_again(platform: Platform, parent: str, members: Sequence[Damage]) -> dict[str, Outcome]:
    """Make the raw copies of members, or of the shares of a file, again from what they came in."""
    wanted = {each.delivery.key: each for each in members}
    outer = platform.ledger.worklist.of_keys([parent])
    outcome: Outcome = outer[0] if outer else Permanent("Nobody knows what it came in.")
    if outer and not (copy := raw_copy(platform, outer[0], deep=True)).whole:
        outcome = recover(platform, [Damage(outer[0], copy)])[parent]
    if isinstance(outcome, SourceUnavailable):
        return dict.fromkeys(wanted, outcome)
    found: dict[str, Outcome] = {}
    if isinstance(outcome, Delivery):
        found = {key: d for key, (d, _) in wanted.items() if d.raw_path == outcome.raw_path}
        with suppress(Permanent):
            found |= _members(platform, outcome, [each.delivery for each in members if each.delivery.key not in found])
    gone = f"what it came in, {outer[0].path if outer else parent}, does not give it"
    return {key: found.get(key) or lost(platform, damage, gone) for key, damage in wanted.items()}


def _members(platform: Platform, archive: Delivery, wanted: Sequence[Delivery]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    by_path: dict[str, list[Delivery]] = {}
    for delivery in wanted:
        by_path.setdefault(delivery.path, []).append(delivery)
    if not wanted:
        return found
    with members_of(platform, archive) as members:
        for member, stream in members:
            here = by_path.get(f"{archive.path}{INSIDE}{member.path}", [])
            if here and stream is not None and not member.problem:
                with spooled(platform) as spool:
                    content_hash = copied(stream, spool)
                    for delivery in here:
                        if delivery.content_hash == content_hash:
                            keep(platform, spool, delivery)
                            found[delivery.key] = delivery
    return found
