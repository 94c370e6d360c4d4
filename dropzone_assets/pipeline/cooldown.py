"""Cooldown: a partition that was rewritten a moment ago waits for more, the longer the more its rewriting costs."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from dropzone_assets.platform import Platform

LIGHT = 10_000
"""Rows of a partition that costs next to nothing to rewrite."""

PER_ROW = timedelta(milliseconds=1)
"""The rest for each row of a larger one: about a hundred times what rewriting it takes."""

OFTEN, EACH = 100, timedelta(seconds=1)
"""Rewrites of a partition that cost no rest, and the rest for each of those beyond."""

LONGEST = timedelta(minutes=10)


def cooldown(rows: int, rewrites: int) -> timedelta:
    """How long a partition of so many rows, which has been written so often, stays as it is.

    The first file of a day, and one for a small day, wait for nothing; so do a hundred files of a day, one after the
    other. A day to which a file comes every minute is rewritten some hundred times, not fourteen hundred.
    """
    heavy = rows * PER_ROW if rows > LIGHT else timedelta()
    return min(LONGEST, max(heavy, max(0, rewrites - OFTEN) * EACH))


def cooling_down(platform: Platform, table: str, due: Iterable[date], at: datetime) -> set[date]:
    """Those of the days that are due that have not rested for long enough at a moment (UTC)."""
    found = platform.ledger.partitions.of_days(table, list(due))
    return {
        day
        for day, row in found.items()
        # A moment that is still to come is that of a clock that has been set back.
        if row.published_at and row.published_at <= at < row.published_at + cooldown(row.valid, row.rewrites)
    }
