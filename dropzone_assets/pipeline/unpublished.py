"""Unpublished: the partitions that should be in the lake, or summarised, and are not yet, and why."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple, cast

from blake3 import blake3

from dropzone_assets import engine
from dropzone_assets.errors import DropzoneError
from dropzone_assets.ledger import INGESTION, PartitionRow
from dropzone_assets.platform import Platform


class Unpublished(NamedTuple):
    """A partition whose last publication has failed: `layer` (lake or summary), table and day.

    `since`: when it failed first since it was there last; `times`: how often it was tried; `again`: when it is tried
    next by the daemon, None where that is at its next tick. All times in UTC.
    """

    layer: str
    table: str
    day: date
    since: datetime
    again: datetime | None
    times: int
    tried: datetime
    reason: str
    cure: str


def unpublished(platform: Platform, table: str = "") -> list[Unpublished]:
    """Every partition (of one table) that is not there because its publication fails, by table and day."""
    return [_of(row) for row in platform.ledger.outages.all(table)]


def _of(row: PartitionRow) -> Unpublished:
    layer = "lake" if row.version > row.published and row.table_name != INGESTION else "summary"
    since, tried = cast(datetime, row.since), cast(datetime, row.tried_at)  # what has failed has failed at a moment
    what = (row.again, row.tries, tried, row.problem, row.cure)
    return Unpublished(layer, row.table_name, row.data_date, since, *what)


@contextmanager
def noted(platform: Platform, table: str, days: Collection[date]) -> Iterator[None]:
    """Write down why the block, which publishes these days, fails: whoever asks later is told by the ledger."""
    try:
        yield
    except DropzoneError as error:
        platform.ledger.outages.failed(table, days, error)
        raise
    except (engine.Error, OSError) as error:
        said = str(error).strip() or type(error).__name__
        cure = "Look at its last run in the Dagster UI; it is tried again by itself."
        platform.ledger.outages.failed(table, days, DropzoneError(said, cure))
        raise


def outage(platform: Platform) -> str:
    """Which partitions fail, in a few letters; empty where none does."""
    names = [f"{each.layer}/{each.table}/{each.day}" for each in unpublished(platform)]
    return blake3("\n".join(names).encode()).hexdigest()[:8] if names else ""


def spans(days: Collection[date]) -> str:
    """Days in words: those that follow each other as their first and last."""
    found: list[list[date]] = []
    for day in sorted(days):
        if found and day - found[-1][-1] == timedelta(days=1):
            found[-1] = [found[-1][0], day]
        else:
            found.append([day])
    return ", ".join(" … ".join(map(str, each)) for each in found)
