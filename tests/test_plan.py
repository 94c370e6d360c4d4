"""Days become few ranges: near ones share a run, far ones do not pay for the days between them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from dropzone_assets.pipeline.plan import GAP, RANGES, ranges

FIRST = date(2024, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ([], []),
        ([1], [(1, 1)]),
        ([3, 1, 2], [(1, 3)]),
        ([1, 3, 13], [(1, 13)]),
        ([1, 12], [(1, 1), (12, 12)]),
        ([1, 5, 30, 4_000, 4_003], [(1, 5), (30, 30), (4_000, 4_003)]),
    ],
)
def test_days_share_a_range_unless_they_are_far_apart(days: list[int], found: list[tuple[int, int]]) -> None:
    assert ranges(map(day, days)) == [(day(first), day(last)) for first, last in found]


def test_scattered_days_are_never_more_than_a_handful_of_ranges_and_the_widest_gaps_are_left_out() -> None:
    days = [day(n * (n + 1)) for n in range(100)]
    found = ranges(days)
    assert len(found) == RANGES
    assert all(any(first <= each <= last for first, last in found) for each in days)
    gaps = [after[0] - before[1] for before, after in pairwise(found)]
    assert min(gaps) > GAP
    assert gaps == sorted(gaps)
