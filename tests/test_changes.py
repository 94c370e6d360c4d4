"""Files and contracts change their mind: exactly what is different changes, and it is said what that was."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from dropzone_assets.engine import rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger import LOADED, RETRACTED
from dropzone_assets.pipeline.revalidate import Revalidated, revalidate, revalidated
from tests.conftest import Drop
from tests.pipeline import A, B, Pipeline, of
from tests.samples import payment, payments


@pytest.fixture
def pipeline(home: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(home)
    yield pipeline
    pipeline.platform.ledger.engine.dispose()


def numbers(pipeline: Pipeline, path: str) -> tuple[int | None, ...]:
    """Rows added, removed, changed and kept, of the version that is loaded."""
    (row,) = [r for r in pipeline.platform.ledger.queries.everything() if r.path == path and r.state == LOADED]
    return row.rows_added, row.rows_removed, row.rows_changed, row.rows_kept


def changed(home: Path, rule: str, version: str) -> Pipeline:
    """The platform as it is once the contract asks something else of amounts."""
    file = home / "contracts" / "transactions.odcs.yaml"
    text = file.read_text().replace("version: 1.0.0", f"version: {version}")
    file.write_text(text.replace("logicalTypeOptions: {minimum: 0}", f"logicalTypeOptions: {rule}"))
    return Pipeline(home)


def validated_by(pipeline: Pipeline) -> dict[str, str]:
    """Valid transaction → the version of the contract that validated it."""
    with open_query(pipeline.platform) as connection:
        return dict(rows(connection, "SELECT transaction_id, _contract_version FROM validated.transactions"))


# -- a file that is restated -------------------------------------------------------------------------------------------


def test_the_difference_that_a_restated_file_makes_is_written_down(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, payments(*(payment(name) for name in "abcd")))
    pipeline.all()
    assert numbers(pipeline, A) == (None, None, None, 0)
    drop(
        A,
        payments(
            payment("a"), payment("b", amount=7), payment("c", "2024-05-02"), payment("e"), payment("f", amount="?")
        ),
    )
    pipeline.all()
    assert numbers(pipeline, A) == (1, 1, 2, 0)
    assert pipeline.held() == ["a", "b", "c", "e"]
    (key,) = [r.key for r in pipeline.platform.ledger.queries.everything() if r.state == LOADED]
    assert "1 added, 1 removed, 2 changed" in pipeline.platform.ledger.queries.journal(key)[-1].said
    assert pipeline.platform.ledger.queries.data_dates(key) == {date(2024, 5, 1): 3, date(2024, 5, 2): 1}


def test_loading_again_by_force_changes_nothing_that_was_written_of_a_restatement(
    pipeline: Pipeline, drop: Drop
) -> None:
    drop(A, of("a", "b"))
    pipeline.all()
    drop(A, of("a"))
    pipeline.all()
    pipeline.platform.ledger.replays.load_again()
    pipeline.all()
    assert numbers(pipeline, A) == (0, 1, 0, 0)


# -- two runs at once --------------------------------------------------------------------------------------------------


def test_a_run_that_validated_an_older_version_commits_none_of_it(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, of("old"))
    pipeline.all()
    stale = pipeline.validated(
        "transactions", pipeline.platform.ledger.worklist.of_dates("transactions", [date(2024, 5, 1)])
    )
    drop(A, of("new"))
    pipeline.all()
    pipeline.commit(stale)
    assert pipeline.held() == ["new"]
    assert sorted(pipeline.states()[A]) == ["loaded", "superseded"]


def test_a_run_that_validated_what_is_taken_back_meanwhile_removes_it(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, of("a"))
    pipeline.all()
    stale = pipeline.validated(
        "transactions", pipeline.platform.ledger.worklist.of_dates("transactions", [date(2024, 5, 1)])
    )
    pipeline.platform.ledger.retractions.retract([d.key for d in stale[1].current], "wrong month")
    pipeline.commit(stale)
    assert pipeline.held() == [] and pipeline.states()[A] == [RETRACTED]


def test_a_snapshot_that_is_out_of_date_does_not_reach_the_lake(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, of("a"))
    pipeline.all()
    stale = pipeline.snapshot("transactions")
    drop("payments_20240501_110000.csv", of("b"))
    pipeline.all()
    pipeline.publish(pipeline.snapshot("transactions"))
    pipeline.publish(stale)
    assert pipeline.lake() == ["a", "b"]
    assert pipeline.platform.ledger.partitions.due().get("transactions") is None


# -- a contract that changes -------------------------------------------------------------------------------------------


def test_rows_that_a_new_contract_accepts_enter_once_and_those_it_refuses_stay_until_somebody_moves_them(
    home: Path, pipeline: Pipeline, drop: Drop
) -> None:
    drop(A, payments(payment("a", amount=5), payment("b", amount=-3), payment("c", amount=500)))
    drop(B, of("other"))
    pipeline.all()
    pipeline.platform.ledger.engine.dispose()
    now = changed(home, "{minimum: -10, maximum: 100}", "1.1.0")
    again = revalidate(now.platform, now.platform.contract("transactions"), move=False)
    now.all()
    assert now.held() == ["a", "b", "c", "other"]
    assert validated_by(now) == {"a": "1.1.0", "b": "1.1.0", "c": "1.0.0", "other": "1.1.0"}
    assert revalidated(now.platform, again) == Revalidated(2, 1, 0, 0, 1)
    assert revalidate(now.platform, now.platform.contract("transactions"), move=False) == []
    moved = revalidate(now.platform, now.platform.contract("transactions"), move=True)
    now.all()
    assert now.held() == ["a", "b", "other"]
    assert revalidated(now.platform, moved) == Revalidated(1, 0, 1, 0, 0)
    now.platform.ledger.engine.dispose()


def test_what_has_refused_rows_is_validated_again_first(home: Path, pipeline: Pipeline, drop: Drop) -> None:
    drop(A, of("a"))
    drop(B, payments(payment("b", amount=-3)))
    pipeline.all()
    pipeline.platform.ledger.engine.dispose()
    now = changed(home, "{minimum: -10}", "1.1.0")
    revalidate(now.platform, now.platform.contract("transactions"), move=False)
    pending = {each.path: each.lot for each in now.platform.ledger.claims.unclaimed("transactions")}
    assert pending == {B: "replay-1", A: "replay-2"}
    now.platform.ledger.engine.dispose()


def test_what_is_about_to_be_validated_again_follows_what_is_wished_for_last(
    home: Path, pipeline: Pipeline, drop: Drop
) -> None:
    drop(A, payments(payment("a", amount=500)))
    pipeline.all()
    pipeline.platform.ledger.engine.dispose()
    now = changed(home, "{maximum: 100}", "1.1.0")
    for move in (False, True):
        revalidate(now.platform, now.platform.contract("transactions"), move=move)
    now.all()
    assert now.held() == []
    now.platform.ledger.engine.dispose()
