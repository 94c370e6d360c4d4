"""Leave: files that are safely loaded go from their source, where its entry says so."""

from time import monotonic

from dropzone_assets.errors import NotLetIn, Permanent
from dropzone_assets.files import Delivery
from dropzone_assets.ledger import FAILED, LEAVING, LEFT
from dropzone_assets.platform import Platform
from dropzone_assets.steps.verify import sidecars_of

PATIENCE = 15.0
"""Seconds spent at one go: a sensor may not take longer, and what is left is done the next time."""


def leave(platform: Platform, name: str) -> int:
    """Delete or move what is loaded; how many files.

    Only the version that was loaded is touched. The ledger says so before and after, and a file that is gone already
    has left, so that a kill at any moment is made good by doing it again.

    Raises:
        SourceUnavailable: the source does not answer; the rest leaves another time.
        NotLetIn: it does not let us in.
        Permanent: it does not let us take some file; the others have left.
    """
    config, deadline, count = platform.configs[name], monotonic() + PATIENCE, 0
    refusal: Permanent | None = None
    if config.after == "keep":
        return 0
    for delivery in platform.ledger.deliveries.leavers(name):
        if monotonic() > deadline:
            break
        platform.ledger.deliveries.leaving([delivery.key], LEAVING)
        try:
            count += _leave(platform, delivery)
        except NotLetIn:
            raise
        except Permanent as error:
            refusal = refusal or error
            continue
        platform.ledger.deliveries.leaving([delivery.key], LEFT)
    if refusal:
        raise refusal
    return count


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
    others = platform.ledger.deliveries.siblings([delivery])
    return [other.key for other in others if other.state == FAILED]
