"""Lines: where the records of a file stand in it, for people who open it in an editor."""

from collections.abc import Collection, Mapping

from dropzone_assets.files import Delivery
from dropzone_assets.platform import Platform


def lines_of(platform: Platform, delivery: Delivery, records: Collection[int]) -> Mapping[int, int]:
    """Record number → line of the file, from 1; nothing where records do not stand on lines."""
    return {}
