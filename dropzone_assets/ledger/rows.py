"""What the ledger answers with: one class for each kind of row, its fields in the order of the columns."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """All that is written of a delivery. Moments are in UTC, counts in rows, `size` in bytes.

    What the columns mean: `batch` is the request that has claimed it; only deliveries with one `lot` share a batch;
    `again` is how it is loaded again; `stage`, `reason` and `cure` are why it has failed; `parent` is what it came in,
    `same_as` what it is a copy of; `answered` is when its sender was told.
    """

    key: str
    source: str
    path: str
    name: str
    version: str
    size: int
    arrived: datetime
    table_name: str
    file_time: datetime
    file_date: date
    state: str
    batch: str
    lot: str
    again: str
    attempts: int
    waits: int
    not_before: datetime | None
    stage: str
    reason: str
    cure: str
    content_hash: str
    same_as: str
    parent: str
    rows_promised: int | None
    leaving: str
    rows_read: int
    valid: int
    quarantined: int
    late: int
    rows_added: int | None
    rows_removed: int | None
    rows_changed: int | None
    rows_kept: int
    fetched_at: datetime | None
    loaded_at: datetime | None
    answered: datetime | None
    contract_version: str


@dataclass(frozen=True, slots=True)
class Since(DeliveryRow):
    """A delivery, and since when it has failed or been gone; None where the journal does not say."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class Contributor(DeliveryRow):
    """A delivery, and how many valid rows it has `on_day`."""

    on_day: int


@dataclass(frozen=True, slots=True)
class Replaced(DeliveryRow):
    """A superseded version of a file, and the key of the delivery that it is an older version of."""

    by: str


class JournalRow(NamedTuple):
    """One thing that happened to a delivery."""

    number: int
    key: str
    at: datetime
    event: str
    run: str
    said: str


class ContributionRow(NamedTuple):
    """How many valid rows of a delivery are of one data date; `version` of the partition since which they are."""

    key: str
    data_date: date
    table_name: str
    valid: int
    version: int


class Counts(NamedTuple):
    """The deliveries of a table that are in one state."""

    table_name: str
    state: str
    files: int
    rows_read: int
    valid: int
    quarantined: int
    loaded_at: datetime | None


class DateCounts(NamedTuple):
    """The loaded deliveries of a table and file date."""

    table_name: str
    file_date: date
    files: int
    bytes: int
    rows_read: int
    valid: int
    quarantined: int
    late: int


class LoadedRow(NamedTuple):
    """A loaded delivery, in few words."""

    key: str
    table_name: str
    source: str
    path: str
    file_date: date
    loaded_at: datetime | None


class ArrivalRow(NamedTuple):
    """How many deliveries of a file date came at one moment and are in one state."""

    file_date: date
    state: str
    arrived: datetime
    files: int


class SightingRow(NamedTuple):
    """A file that was seen and is not taken yet."""

    key: str
    source: str
    path: str
    first_seen: datetime


class ListingRow(NamedTuple):
    """The last look at a source: `seen` files, or the `problem` that ended it; `listing`: a sum of their paths."""

    source: str
    looked_at: datetime
    seen: int
    problem: str
    listing: str


class PartitionRow(NamedTuple):
    """All that is written of a partition. `tries` to `cure` are of a publication that fails; `tries` is 0 otherwise."""

    table_name: str
    data_date: date
    version: int
    published: int
    summarised: int
    published_at: datetime | None
    valid: int
    lake_rows: int
    rewrites: int
    content_hash: str
    summary_hash: str
    tries: int
    since: datetime | None
    tried_at: datetime | None
    again: datetime | None
    problem: str
    cure: str


class PartitionCounts(NamedTuple):
    """The partitions of a table."""

    table_name: str
    partitions: int
    valid: int
    lake_rows: int
    due: int
    published_at: datetime | None
