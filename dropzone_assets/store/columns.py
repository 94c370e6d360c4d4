"""What a listing says of each object, by columns: its path, version and size, and what is wrong with its name."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dropzone_assets.arrow import constant

if TYPE_CHECKING:
    from obstore import ObjectMeta

ODD = r"[\x00-\x1f\x7f\x{fffd}]|^/|//|(^|/)\.{1,2}(/|$)"
"""Names that the clients of object stores do not take: control characters (some stores list them as U+FFFD), and
segments that are empty or dots."""

UNTAKEN = "has a control character, an empty segment or a dot segment in its name"

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Tagged(NamedTuple):
    """An object and its version."""

    path: str
    version: str


def columns(found: pa.RecordBatch) -> pa.RecordBatch:
    """Path, version, size and problem from path, size, e_tag and last_modified."""
    size = pc.cast(found["size"], pa.int64())
    version = pc.utf8_trim(found["e_tag"], '"')
    if version.null_count:
        changed = pc.cast(pc.cast(found["last_modified"], pa.timestamp("ms", "UTC"), safe=False), pa.int64())
        parts = (pc.cast(size, pa.string()), pc.cast(changed, pa.string()))
        version = pc.coalesce(version, pc.binary_join_element_wise(*parts, constant("-")))
    odd = pc.match_substring_regex(found["path"], ODD)
    problem = pc.if_else(odd, constant(UNTAKEN), constant(""))
    return pa.record_batch({"path": found["path"], "version": version, "size": size, "problem": problem})


def tag(meta: "ObjectMeta") -> str:
    """The version of one object, as `columns` gives it."""
    if meta["e_tag"]:
        return meta["e_tag"].strip('"')
    return f"{meta['size']}-{(meta['last_modified'] - EPOCH) // timedelta(milliseconds=1)}"
