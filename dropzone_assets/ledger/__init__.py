"""The record of every delivery ever listed, and of every lake partition that is due.

The ledger decides what is new; nothing else does. To add something that can happen to a delivery, add it to
the table in `states` and a method that makes it happen; to add a fact about deliveries, add a column in `schema`.
"""

from dropzone_assets.ledger.book import delivery_of
from dropzone_assets.ledger.completeness import Alerted
from dropzone_assets.ledger.deliveries import Tally
from dropzone_assets.ledger.feed import Feed, Happened
from dropzone_assets.ledger.journal import working
from dropzone_assets.ledger.ledger import Ledger, open_ledger
from dropzone_assets.ledger.partitions import INGESTION, Hashes, Published
from dropzone_assets.ledger.recovery import Recovered
from dropzone_assets.ledger.replays import MOVE, REBUILD, RELEASE
from dropzone_assets.ledger.rows import ArrivalRow, Contributor, DeliveryRow, JournalRow, PartitionRow, Replaced, Since
from dropzone_assets.ledger.schema import now
from dropzone_assets.ledger.states import (
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
    SHRUNK,
    SIDECAR,
    STORED,
    SUPERSEDED,
)
from dropzone_assets.ledger.worklist import Kept

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
    "SHRUNK",
    "SIDECAR",
    "STORED",
    "SUPERSEDED",
    "Alerted",
    "ArrivalRow",
    "Contributor",
    "DeliveryRow",
    "Feed",
    "Happened",
    "Hashes",
    "JournalRow",
    "Kept",
    "Ledger",
    "PartitionRow",
    "Published",
    "Recovered",
    "Replaced",
    "Since",
    "Tally",
    "delivery_of",
    "now",
    "open_ledger",
    "working",
]
