"""Raw copy: whether the object of a delivery in the raw zone is still what the ledger says of it."""

from typing import Literal, NamedTuple

from blake3 import blake3

from dropzone_assets.errors import StoreUnavailable
from dropzone_assets.files import Delivery
from dropzone_assets.platform import Platform


class RawCopy(NamedTuple):
    """How the object of a delivery is, and `found`: what is wrong with it, as the end of a sentence."""

    state: Literal["whole", "damaged", "gone"]
    found: str = ""

    @property
    def whole(self) -> bool:
        """Whether it may be read."""
        return self.state == "whole"


def raw_copy(platform: Platform, delivery: Delivery, *, deep: bool = False) -> RawCopy:
    """Compare the object of a delivery, whose bytes were copied once, with the ledger.

    Args:
        deep: also the BLAKE3 of its bytes, where they are on a disk of ours. What an object store has put it keeps or
            loses, and reading it costs as much as copying it.

    Raises:
        StoreUnavailable: the raw zone does not answer.
    """
    size = platform.raw.size(delivery.raw_path)
    if size is None:
        return RawCopy("gone", "is gone")
    if size != delivery.size:
        return RawCopy("damaged", f"has {size:,} of {delivery.size:,} bytes")
    local = platform.raw.local(delivery.raw_path) if deep else None
    if local is None:
        return RawCopy("whole")
    try:
        same = blake3().update_mmap(local).hexdigest() == delivery.content_hash
    except FileNotFoundError:
        return RawCopy("gone", "is gone")
    except OSError as error:
        cure = "Check the disk and the permissions; then run again."
        raise StoreUnavailable(f"{local} cannot be read: {error}", cure) from error
    return RawCopy("whole") if same else RawCopy("damaged", "holds other bytes than those that came")
