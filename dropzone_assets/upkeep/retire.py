"""Retire: files whose rows are in the lake go from their source, where its entry says so."""

from collections.abc import Sequence
from time import monotonic

from dropzone_assets.errors import DropzoneError, NotLetIn, Permanent, Transient
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import FAILED, LEAVING, LEFT
from dropzone_assets.pipeline.checksums import sidecars_of
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.pipeline.recover import Damage, recover
from dropzone_assets.platform import Platform
from dropzone_assets.sources import OnDisk

PATIENCE = 15.0
"""Seconds spent at one go: a sensor may not take longer, and what is left is done the next time."""

GROUP = 100
"""Files that leave between two entries in the ledger, each of which waits for the disk."""


def retire(platform: Platform, name: str) -> int:
    """Delete or move what is loaded, and published unless the source says otherwise; how many files.

    Only the version that was loaded is touched, and only while its raw copy is whole and on the disk. The ledger says
    so before and after, and a file that is gone already has left, so that a kill at any moment is made good by doing it
    again.

    Raises:
        SourceUnavailable: the source does not answer; the rest leaves another time.
        NotLetIn: it does not let us in.
        Permanent: it does not let us take some file, or its raw copy is lost; the others have left.
    """
    deadline, count = monotonic() + PATIENCE, 0
    refusal: Permanent | None = None
    config = platform.configs[name]
    if config.after == "keep":
        return 0
    candidates = platform.ledger.retirement.candidates(name, published=config.leave == "published")
    for group in (candidates[start : start + GROUP] for start in range(0, len(candidates), GROUP)):
        if monotonic() > deadline:
            break
        safe, refused = _safe(platform, group)
        refusal = refusal or refused
        platform.ledger.retirement.mark([delivery.key for delivery in safe], LEAVING)
        left: list[str] = []
        for delivery in safe:
            if monotonic() > deadline:
                break
            try:
                count += _leave(platform, delivery)
                left.append(delivery.key)
            except NotLetIn:
                raise
            except Permanent as error:
                refusal = refusal or error
        settle(platform, name)
        platform.ledger.retirement.mark(left, LEFT)
    if refusal:
        raise refusal
    return count


def settle(platform: Platform, name: str) -> None:
    """Wait until what was done at a source is on its disk, where that is one of ours."""
    source = platform.sources[name]
    if platform.settings.durable and isinstance(source, OnDisk):
        source.settle()


def _safe(platform: Platform, candidates: Sequence[Delivery]) -> tuple[list[Delivery], Permanent | None]:
    """Those whose raw copies are whole, or are made whole here, and on the disk; and why others are not, if so.

    What an earlier release copied, or this one with `DROPZONE_SYNC=off`, may have waited for no disk.
    """
    damaged = [Damage(d, copy) for d in candidates if not (copy := raw_copy(platform, d)).whole]
    lost = {key: error for key, error in recover(platform, damaged).items() if isinstance(error, DropzoneError)}
    safe = [delivery for delivery in candidates if delivery.key not in lost]
    with platform.raw.writing() as writing:
        for delivery in safe:
            writing.held(delivery.raw_path)
    for error in lost.values():
        if isinstance(error, Transient):
            raise error
    return safe, next((error for error in lost.values() if isinstance(error, Permanent)), None)


def _leave(platform: Platform, delivery: Delivery) -> bool:
    """Whether the file was there; one that has been replaced by a newer version stays."""
    source, config = platform.sources[delivery.source], platform.configs[delivery.source]
    if source.version(delivery.path) != delivery.version:
        return False
    platform.ledger.deliveries.superseded(_outlived(platform, delivery))
    for path in (*sidecars_of(platform, [delivery]).get(delivery.key, ()), delivery.path):
        if config.after == "move":
            source.move(path, config.move_to)
        else:
            source.remove(path)
    return True


def _outlived(platform: Platform, delivery: Delivery) -> list[str]:
    """The failed versions, by key, of a file that its sender has put back as it is loaded: nobody may load them now."""
    others = platform.ledger.worklist.siblings([delivery])
    return [other.key for other in others if other.state == FAILED]
