"""A partition that was rewritten a moment ago waits for more rows, unless it is small, or a person asks."""

from datetime import date, timedelta

import pytest

from dropzone_assets.ledger import Published, now
from dropzone_assets.pipeline.cooldown import LONGEST, cooldown
from dropzone_assets.pipeline.plan import History, plan_publications
from dropzone_assets.platform import Platform

DAY = date(2024, 5, 1)
TABLE = "transactions"


@pytest.mark.parametrize(
    ("rows", "rewrites", "seconds"),
    [
        (0, 0, 0),
        (20, 1, 0),
        (10_000, 100, 0),
        (10_001, 1, 10),
        (60_000, 1, 60),
        (60_000, 400, 300),
        (20, 160, 60),
        (600_000, 1, 600),
        (5_000_000, 1, 600),
        (20, 1_000_000, 600),
    ],
)
def test_a_partition_rests_the_longer_the_more_its_rewriting_costs(rows: int, rewrites: int, seconds: float) -> None:
    assert round(cooldown(rows, rewrites).total_seconds()) == seconds


@pytest.mark.parametrize("rows", [20, 500, 50_000])
def test_a_file_every_minute_does_not_rewrite_its_day_every_time(rows: int) -> None:
    minute, rewrites, since, longest = timedelta(minutes=1), 0, timedelta(days=1), timedelta()
    for files in range(1, 24 * 60 + 1):
        if since >= cooldown(files * rows, rewrites):
            rewrites, since = rewrites + 1, timedelta()
        since += minute
        longest = max(longest, since)
    assert rewrites < 24 * 60 * 0.4
    assert longest <= LONGEST + minute


def publications(platform: Platform, *, patient: bool = True) -> list[tuple[str, date]]:
    asked = plan_publications(platform, lambda _: History(False, 0), patient=patient)
    return [(request.table, request.first) for request in asked]


def test_a_large_partition_waits_for_more_and_nobody_who_asks_for_it_waits(platform: Platform) -> None:
    books = platform.ledger.partitions
    books.touched(TABLE, [(DAY, 1)])
    assert publications(platform) == [(TABLE, DAY)]
    books.published(TABLE, [Published(DAY, 1, 50_000, 50_000)])
    books.summarised(TABLE, {DAY: 1}, {})
    assert publications(platform) == []
    books.touched(TABLE, [(DAY, 2), (DAY + timedelta(days=1), 2)])
    assert publications(platform) == [(TABLE, DAY + timedelta(days=1))]
    assert publications(platform, patient=False) == [(TABLE, DAY)]


def test_a_rested_partition_is_rewritten(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    books = platform.ledger.partitions
    books.published(TABLE, [Published(DAY, 1, 50_000, 50_000)])
    books.touched(TABLE, [(DAY, 2)])
    asked = []
    for later in (timedelta(0), timedelta(seconds=25), timedelta(seconds=75), -timedelta(days=1)):
        monkeypatch.setattr("dropzone_assets.pipeline.plan.now", lambda later=later: now() + later)
        asked.append(publications(platform) != [])
    assert asked == [False, False, True, True]
