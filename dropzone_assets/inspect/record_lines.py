"""Record lines: where the records of a file stand in it, for people who open it in an editor."""

from collections.abc import Mapping, Sequence

from dropzone_assets.contracts import Contract
from dropzone_assets.errors import Refused
from dropzone_assets.files import Delivery, RawFile
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.pipeline.validate import reading_of
from dropzone_assets.platform import Platform


def lines_of(platform: Platform, contract: Contract, delivery: Delivery, records: Sequence[int]) -> Mapping[int, int]:
    """Record → line of the file, from 1, as the contract reads it now; nothing for what stands on no line."""
    if not raw_copy(platform, delivery).whole:
        return {}
    file = RawFile(delivery, platform.raw.uri(delivery.raw_path))
    try:
        locations = reading_of(platform, contract, file).locations(RawContent(platform, file), records)
    except Refused:
        return {}
    return {record: location.line for record, location in locations.items() if location.line}
