"""Losses: what ledger, warehouse, lake and raw zone lack of each other, each with what heals it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple

from dropzone_assets.errors import StoreUnavailable
from dropzone_assets.ledger import INGESTION, PartitionRow
from dropzone_assets.pipeline.generations import LAKE, held_by_lake, stopped
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import object_path

StoreName = Literal["ledger", "warehouse", "lake", "raw"]

NAMED = 3
"""Days named of one table."""


class Loss(NamedTuple):
    """Something that is not there any more. `stops`: nothing is loaded or published until it is rebuilt."""

    store: StoreName
    table: str
    found: str
    cure: str
    stops: bool = False


class Missing(NamedTuple):
    """The days of a table of which the lake lacks the partition, and those of which it lacks the summary only."""

    table: str
    partitions: list[date]
    summaries: list[date]

    @property
    def days(self) -> list[date]:
        """All of them."""
        return sorted({*self.partitions, *self.summaries})


def losses(platform: Platform) -> list[Loss]:
    """Everything that is known to be lost.

    The lake is listed, one listing a table; of the raw zone a few objects are asked for. A store that does not answer
    has lost nothing that anybody knows of.
    """
    found = [*_stopped(platform)]
    known = not any(loss.store == "ledger" for loss in found)
    for ask in (_lake, _raw) if known else ():  # a ledger that is behind does not know what there should be
        try:
            found += ask(platform)
        except StoreUnavailable:
            continue
    return found


def _stopped(platform: Platform) -> Iterator[Loss]:
    """What lies between ledger and warehouse."""
    if error := stopped(platform):
        yield Loss("ledger" if error.found.startswith("The ledger") else "warehouse", "", error.found, error.cure, True)


def _lake(platform: Platform) -> Iterator[Loss]:
    lake = platform.lake.url
    gone = missing(platform)
    for each in gone:
        days = ", ".join(map(str, each.days[:NAMED])) + (" …" if len(each.days) > NAMED else "")
        count = f"{len(each.days):,} published day{'s' * (len(each.days) != 1)}"
        found = f"The lake {lake} lacks objects of {count} of {each.table}: {days}."
        yield Loss("lake", each.table, found, "Next: dropzone rebuild.")
    if not gone and older_lake(platform):
        found = f"The lake {lake} is an older copy, or not the one that the ledger knows."
        yield Loss("lake", "", found, "Next: dropzone rebuild.")


def older_lake(platform: Platform) -> bool:
    """Whether the lake is another one than that which was published last."""
    for _ in range(3):  # a publication may come between
        heard = platform.ledger.home.heard(LAKE)
        if not heard.number:
            return False
        side = heard.behind(held_by_lake(platform))
        if not side or heard == platform.ledger.home.heard(LAKE):
            return bool(side)
    return False


def missing(platform: Platform) -> list[Missing]:
    """What has been published and is not in the lake. What is due anyway is not missed."""
    found = [_missing(platform, table, rows) for table, rows in platform.ledger.partitions.resting().items()]
    doubtful = [each for each in found if each.days]
    still = platform.ledger.partitions.resting() if doubtful else {}  # a publication may have come between
    lasting = [_both(each, _missing(platform, each.table, still.get(each.table, ()))) for each in doubtful]
    return [each for each in lasting if each.days]


def _missing(platform: Platform, table: str, rows: Sequence[PartitionRow]) -> Missing:
    if not rows:
        return Missing(table, [], [])
    lake = set(platform.lake.sizes(table)) if table != INGESTION else set()
    summaries = set(platform.lake.sizes(f"summary/{table}"))
    partitions, answers = list[date](), list[date]()
    for row in rows:
        day: date = row.data_date
        had = table != INGESTION and row.lake_rows > 0
        if had and object_path(table, day) not in lake:
            partitions.append(day)
        if row.summary_hash and object_path(f"summary/{table}", day) not in summaries:
            answers.append(day)
    return Missing(table, partitions, answers)


def _both(first: Missing, second: Missing) -> Missing:
    ours, theirs = set(first.partitions), set(first.summaries)
    return Missing(
        first.table, [d for d in second.partitions if d in ours], [d for d in second.summaries if d in theirs]
    )


def _raw(platform: Platform) -> Iterator[Loss]:
    """A few of the objects stand for all: the newest and some of any time. `verify` looks for each."""
    sample = platform.ledger.queries.raw_sample()
    gone = [each for each in sample if not platform.raw.exists(each.raw_path)]
    if gone:
        count = "all" if len(gone) == len(sample) else f"{len(gone)}"
        found = f"The raw zone {platform.raw.url} lacks {count} of {len(sample)} objects that were asked for, "
        said = f"{found}among them the copy of {gone[0].path}. Rows that are loaded stay as they are."
        yield Loss("raw", gone[0].table, said, "Next: dropzone rebuild.")
