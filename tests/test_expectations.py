"""How a day stands is a function of the ledger and the clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.contracts import Contract, Expected
from dropzone_assets.files import Delivery
from dropzone_assets.pipeline.completeness import DayStatus, day_statuses, expected_days
from dropzone_assets.pipeline.overdue import alert, news, overdue
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import contract_of

NUMBERS = count()
DAILY = Expected(1, 1, timedelta(days=1, hours=9))
"""A file for every day, until nine the next morning."""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return contract_of(tmp_path_factory.mktemp("contracts"), {"name": "id"})


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Platform]:
    """A platform of which only the ledger is used."""
    platform = open_platform(Settings(home=tmp_path))
    yield platform
    platform.ledger.engine.dispose()


def day(number: int) -> date:
    return date(2024, 5, number)


def moment(number: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2024, 5, number, hour, minute)


def brought(platform: Platform, *files: tuple[int, datetime], state: str = "loaded") -> None:
    """Files of these days of May that arrived at these moments."""
    platform.ledger.arrivals.record(
        Delivery(f"{next(NUMBERS)}", "s", f"f{n}", "1", 1, "t", moment(of), arrived, state)
        for n, (of, arrived) in enumerate(files)
    )


def of_day(platform: Platform, contract: Contract, number: int, at: datetime) -> DayStatus:
    (found,) = day_statuses(platform, contract, [day(number)], at)
    return found


@pytest.mark.parametrize(
    ("files", "arrivals", "at", "word", "late"),
    [
        (1, [], moment(3, 9), "provisional", None),
        (1, [], moment(3, 9, 1), "overdue", None),
        (1, [moment(2, 12)], moment(2, 13), "complete", False),
        (1, [moment(3, 9)], moment(9), "complete", False),
        (1, [moment(3, 9, 1)], moment(9), "complete", True),
        (3, [moment(2, 8), moment(2, 8)], moment(3, 9), "provisional", None),
        (3, [moment(2, 8), moment(2, 8)], moment(3, 10), "overdue", None),
        (3, [moment(2, 8), moment(2, 8), moment(4)], moment(5), "complete", True),
        (3, [moment(2, 8), moment(2, 9), moment(3), moment(4)], moment(5), "complete", False),
    ],
)
def test_a_day_is_provisional_until_all_is_there_or_its_time_is_up(
    bare: Platform, described: Contract, files: int, arrivals: list[datetime], at: datetime, word: str, late: Any
) -> None:
    brought(bare, (1, moment(1)), *((2, arrived) for arrived in arrivals))
    found = of_day(bare, replace(described, expected=replace(DAILY, files=files)), 2, at)
    assert (found.completeness, found.late, found.arrived, found.due) == (word, late, len(arrivals), moment(3, 9))
    wanted = sorted(arrivals)[files - 1] if len(arrivals) >= files else None
    assert found.completed == wanted


def test_only_what_is_loaded_or_linked_has_arrived_and_the_rest_is_evidence(
    bare: Platform, described: Contract
) -> None:
    for n, state in enumerate(("loaded", "linked", "failed", "listed", "fetched", "superseded")):
        brought(bare, (2, moment(2, n)), state=state)
    found = of_day(bare, replace(described, expected=replace(DAILY, files=3)), 2, moment(4))
    assert (found.completeness, found.arrived, found.failed, found.pending) == ("overdue", 2, 1, 2)
    assert found.evidence == "2 of 3 files, due 2024-05-03 09:00 UTC; 1 failed; 2 pending"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, range(2, 8)),
        ({"first": day(4)}, range(4, 8)),
        ({"first": date(2024, 4, 30)}, [0, 1, *range(2, 8)]),
        ({"last": day(5)}, range(2, 6)),
        ({"live": False}, range(2, 5)),
        ({"period": 2}, [2, 4, 6]),
    ],
)
def test_files_are_expected_from_the_first_to_tomorrow_or_the_end(
    bare: Platform, described: Contract, changes: dict[str, Any], wanted: list[int]
) -> None:
    brought(bare, (2, moment(2)), (4, moment(4)))
    days = expected_days(bare, replace(described, expected=replace(DAILY, **changes)), moment(6, 23))
    assert days == [date(2024, 4, 30) + timedelta(days=n) for n in wanted]


def test_a_table_without_files_or_without_a_promise_has_no_completeness(bare: Platform, described: Contract) -> None:
    assert day_statuses(bare, replace(described, expected=DAILY), [day(2)], moment(9)) == []
    brought(bare, (1, moment(1)))
    assert day_statuses(bare, described, [day(1)], moment(9)) == []


def test_a_table_that_never_had_a_file_is_overdue_from_the_day_its_contract_names(
    bare: Platform, described: Contract
) -> None:
    named = replace(described, expected=replace(DAILY, first=day(7)))
    assert [one.day for one in overdue(bare, named, moment(9, 10))] == [day(7), day(8)]


def test_no_file_is_expected_before_the_first_partition(tmp_path: Path, described: Contract) -> None:
    platform = open_platform(Settings(home=tmp_path, start_date=day(5)))
    contract = replace(described, expected=replace(DAILY, first=day(1)))
    assert expected_days(platform, contract, moment(6)) == [day(5), day(6), day(7)]
    platform.ledger.engine.dispose()


def test_a_file_of_any_day_of_a_week_is_the_file_of_the_week(bare: Platform, described: Contract) -> None:
    weekly = replace(described, expected=Expected(1, 7, timedelta(days=7, hours=9)))
    brought(bare, (1, moment(1)), (10, moment(10)))
    found = day_statuses(bare, weekly, expected_days(bare, weekly, moment(23)), moment(23))
    assert [(one.day, one.completeness) for one in found] == [
        (day(1), "complete"),
        (day(8), "complete"),
        (day(15), "overdue"),
        (day(22), "provisional"),
    ]


def test_in_a_table_that_is_history_a_gap_is_overdue_and_nothing_is_late(bare: Platform, described: Contract) -> None:
    history = replace(described, expected=replace(DAILY, live=False))
    brought(bare, (1, moment(20)), (4, moment(20)))
    assert [one.day for one in overdue(bare, history, moment(30))] == [day(2), day(3)]
    assert of_day(bare, history, 1, moment(30)).late is None


def test_what_is_told_is_no_news_and_what_changes_is(bare: Platform, described: Contract) -> None:
    daily = replace(described, expected=DAILY)
    brought(bare, (1, moment(1)))
    assert news(bare, daily, moment(3, 9)) == []
    for _ in range(2):
        assert [(one.day, one.completeness) for one in news(bare, daily, moment(3, 10))] == [(day(2), "overdue")]
    assert [one.day for one in alert(bare, daily, moment(3, 10))] == [day(2)]
    assert news(bare, daily, moment(3, 11)) == []
    brought(bare, (2, moment(3, 12)))
    assert [(one.day, one.completeness) for one in news(bare, daily, moment(3, 13))] == [(day(2), "complete")]
    assert alert(bare, daily, moment(3, 13)) == news(bare, daily, moment(3, 14)) == []


def test_news_makes_the_summary_of_its_day_due_once(bare: Platform, described: Contract) -> None:
    daily = replace(described, expected=DAILY)
    brought(bare, (1, moment(1)), (2, moment(2)))
    due = []
    for _ in range(2):
        news(bare, daily, moment(3))
        due.append(bare.ledger.partitions.due())
    assert due[0] == due[1]
    assert list(due[0]["ingestion"]) == [day(1), day(2)]
    alert(bare, daily, moment(4, 10))
    assert list(bare.ledger.partitions.due()["ingestion"]) == [day(1), day(2), day(3)]


def test_a_file_that_is_restated_makes_no_day_late(bare: Platform, described: Contract) -> None:
    daily = replace(described, expected=DAILY)
    brought(bare, (1, moment(1)))
    news(bare, daily, moment(2))
    (old,) = bare.ledger.queries.everything("t")
    bare.ledger.deliveries.superseded([old.key])
    brought(bare, (1, moment(20)))
    found = of_day(bare, daily, 1, moment(21))
    assert (found.completeness, found.completed, found.late) == ("complete", moment(1), False)


def test_a_contract_that_wants_more_files_looks_again_at_days_that_were_complete(
    bare: Platform, described: Contract
) -> None:
    brought(bare, (1, moment(1)))
    alert(bare, replace(described, expected=DAILY), moment(2))
    more = replace(described, expected=replace(DAILY, files=2))
    assert [one.day for one in overdue(bare, more, moment(2, 10))] == [day(1)]
    assert [one.completeness for one in news(bare, more, moment(2, 10))] == ["overdue"]


def test_a_feed_that_has_ended_is_told_to_be_overdue_no_longer(bare: Platform, described: Contract) -> None:
    brought(bare, (1, moment(1)))
    alert(bare, replace(described, expected=DAILY), moment(4, 10))
    ended = replace(described, expected=replace(DAILY, last=day(1)))
    assert [one.day for one in news(bare, ended, moment(4, 11))] == [day(2), day(3)]
    assert alert(bare, ended, moment(4, 12)) == news(bare, ended, moment(4, 13)) == []
