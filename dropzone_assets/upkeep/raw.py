"""The raw zone healed: objects that are gone or not whole are made again, from whatever still has their bytes."""

from collections.abc import Sequence

from dropzone_assets.errors import DropzoneError, Transient
from dropzone_assets.files import Delivery
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.pipeline.readable import set_aside
from dropzone_assets.pipeline.recover import Damage, recover
from dropzone_assets.platform import Platform
from dropzone_assets.proof.raw import RawObjects


def heal_raw(platform: Platform) -> tuple[int, list[DropzoneError]]:
    """Make again what the raw zone lacks; of how many deliveries it has the bytes again, and why not of the others.

    Nothing that is loaded changes. What cannot be had back is a failure of its delivery, whose rows stay.
    """
    broken = [Damage(delivery, raw_copy(platform, delivery)) for delivery in lost_objects(platform)]
    found = recover(platform, [each for each in broken if not each.copy.whole])
    lost = {each.delivery.key: each.delivery for each in broken}
    errors = {key: outcome for key, outcome in found.items() if isinstance(outcome, DropzoneError)}
    set_aside(platform, [(lost[key], error) for key, error in errors.items() if not isinstance(error, Transient)])
    return len(found) - len(errors), list(errors.values())


def lost_objects(platform: Platform, tables: Sequence[str] | None = None) -> list[Delivery]:
    """The deliveries whose raw object is not there, or is not as long as the ledger says. The zone is listed."""
    names = platform.ledger.queries.tables() if tables is None else tables
    objects = [RawObjects(platform, platform.ledger.worklist.kept(name)) for name in names]
    for each in objects:
        each.find()
    return [owner for each in objects for path in sorted(each.broken) for owner in each.owners[path]]
