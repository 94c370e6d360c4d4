"""The record of every delivery ever listed, and of every lake partition that is due.

The ledger decides what is new; nothing else does. To add a fact about deliveries, add a column in `schema` and the
one method in `deliveries` that writes it.
"""

from dropzone_assets.ledger.accounts import delivery_of
from dropzone_assets.ledger.completeness import Told
from dropzone_assets.ledger.deliveries import Kept, Tally
from dropzone_assets.ledger.feed import Feed, Happened
from dropzone_assets.ledger.journal import working
from dropzone_assets.ledger.ledger import Ledger, open_ledger
from dropzone_assets.ledger.partitions import INGESTION, Hashes, Published
from dropzone_assets.ledger.recovery import Recovered
from dropzone_assets.ledger.reversals import MOVE, REBUILD, RELEASE
from dropzone_assets.ledger.schema import (
    FAILED,
    FETCH,
    FETCHED,
    GONE,
    LEAVING,
    LEFT,
    LINKED,
    LOADED,
    OPENED,
    PENDING,
    RETRACTED,
    RETRACTING,
    SAFE,
    SIDECAR,
    STORED,
    SUPERSEDED,
    now,
)

__all__ = [
    "FAILED",
    "FETCH",
    "FETCHED",
    "GONE",
    "INGESTION",
    "LEAVING",
    "LEFT",
    "LINKED",
    "LOADED",
    "MOVE",
    "OPENED",
    "PENDING",
    "REBUILD",
    "RELEASE",
    "RETRACTED",
    "RETRACTING",
    "SAFE",
    "SIDECAR",
    "STORED",
    "SUPERSEDED",
    "Feed",
    "Happened",
    "Hashes",
    "Kept",
    "Ledger",
    "Published",
    "Recovered",
    "Tally",
    "Told",
    "delivery_of",
    "now",
    "open_ledger",
    "working",
]
