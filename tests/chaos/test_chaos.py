"""Whatever fails, and wherever a process dies: nothing is lost, nothing is doubled, nothing is stuck."""

import pytest

from tests.chaos import dagster_pipeline
from tests.chaos.campaign import Outcome, live
from tests.chaos.crossings import Crossings
from tests.chaos.kills import killed
from tests.chaos.operators import operated
from tests.chaos.scenario import changes
from tests.chaos.validation import run

SEED = 7
DRAWN = 10_000
"""A number behind those of the matrix."""


def lived(first: int, scenarios: int, length: int) -> Outcome:
    """What came of some scenarios of so many rounds."""
    outcome = Outcome()
    for number in range(first, first + scenarios):
        outcome.add(*live(SEED, number, length))
    return outcome


def test_a_short_campaign_loses_doubles_and_leaves_nothing() -> None:
    outcome = lived(DRAWN, 1, 2)
    assert outcome.wrong == {}
    assert outcome.happened.total() > 20


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_a_campaign_loses_doubles_and_leaves_nothing(part: int) -> None:
    outcome = lived(DRAWN + 10 * (part + 1), 1, 40)
    assert outcome.wrong == {}
    assert outcome.happened.total() > 400


@pytest.mark.long
def test_a_thousand_restatements_retractions_and_late_files_end_as_if_all_had_been_right_the_first_time() -> None:
    assert run(changes(SEED, 1_000), Crossings()) == []


@pytest.mark.long
def test_ingests_with_dagster_lose_double_and_leave_nothing() -> None:
    assert dagster_pipeline.live(SEED, 8).wrong == []


@pytest.mark.full
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 6))])
def test_processes_that_are_killed_lose_double_and_leave_nothing(seed: int) -> None:
    assert killed(seed, 5) == []


@pytest.mark.long
def test_operators_who_kill_and_lose_are_told_how_to_go_on_and_lose_nothing() -> None:
    assert operated(SEED, 4).wrong == []
