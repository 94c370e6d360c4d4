"""A store that is lost, or an older copy, is made again from the others."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.errors import StoreLost
from dropzone_assets.ledger import FAILED
from dropzone_assets.orchestration.runs import history
from dropzone_assets.pipeline.plan import History, plan_loads, plan_publications
from dropzone_assets.upkeep.losses import losses
from dropzone_assets.upkeep.rebuild import Rebuild
from tests.conftest import Drop
from tests.lost import ALL, C, again, copy_of, home, loaded, put_back, rebuilt, reopened, stores
from tests.pipeline import A, B, Pipeline, of
from tests.samples import payment, payments

__all__ = ["home", "loaded"]


def test_nothing_is_published_from_an_older_warehouse(loaded: Pipeline, drop: Drop, home: Path) -> None:
    copy_of(home, "warehouse.duckdb")
    drop(A, of("a", "x"))
    again(loaded)
    loaded.bring_up_to_date()
    put_back(home, "warehouse.duckdb")
    drop("payments_20240501_120000.csv", of("d"))
    with pytest.raises(StoreLost, match="older copy"):
        again(loaded)
    with pytest.raises(StoreLost, match="older copy"):
        loaded.snapshot("transactions")
    assert stores(loaded) == {"warehouse"}
    rebuilt(loaded)
    assert loaded.lake() == ["a", "c", "d", "x", "z"]
    assert loaded.held() == ["a", "c", "d", "x", "z"]
    assert losses(loaded.platform) == []


def test_a_day_stays_in_the_lake_as_it_is_until_all_its_rows_are_loaded_again(
    loaded: Pipeline, instance: dg.DagsterInstance
) -> None:
    loaded.platform.settings.warehouse.unlink()
    Rebuild(loaded.platform).prepare()
    assert [r.first for r in plan_publications(loaded.platform, history(instance)) if r.table == "transactions"] == []
    loaded.publish(loaded.snapshot("transactions"))
    assert loaded.lake() == ALL
    loaded.load()
    assert plan_publications(loaded.platform, history(instance))


@pytest.mark.full
def test_rows_whose_copies_are_gone_too_stay_in_the_lake_until_a_person_lets_them_go(
    loaded: Pipeline, home: Path, drop: Drop
) -> None:
    (home / "dropzone" / A).unlink()
    loaded.platform.settings.warehouse.unlink()
    shutil.rmtree(home / "raw")
    work = rebuilt(loaded)
    assert len(work.remaining()) == 2
    assert {row.path: row.state for row in loaded.platform.ledger.queries.everything()}[A] == FAILED
    assert loaded.lake() == ALL
    assert loaded.held() == ["c", "z"]
    drop(A, of("a", "b"))
    again(loaded)
    loaded.bring_up_to_date()
    assert loaded.held() == loaded.lake() == ALL


def test_a_lost_ledger_is_written_again_from_the_warehouse(loaded: Pipeline, home: Path) -> None:
    shutil.rmtree(home / "dropzone")
    (home / "dropzone").mkdir()
    for file in home.glob("ledger.sqlite*"):
        file.unlink()
    pipeline = reopened(loaded)
    with pytest.raises(StoreLost, match="holds 3 loads of 1 table that the ledger does not know"):
        pipeline.snapshot("transactions")
    assert stores(pipeline) == {"ledger"}
    work = rebuilt(pipeline)
    assert work.remaining() == []
    assert pipeline.states() == {A: ["loaded"], B: ["loaded"], C: ["loaded"]}
    assert losses(pipeline.platform) == []
    assert pipeline.lake() == ALL


@pytest.mark.full
def test_an_older_ledger_learns_what_was_loaded_and_left_its_source_since(
    loaded: Pipeline, home: Path, drop: Drop
) -> None:
    loaded = reopened(loaded)
    loaded.platform.ledger.engine.dispose()
    copy_of(home, "ledger.sqlite")
    drop(A, of("x"))
    drop("payments_20240503_100000.csv", payments(payment("y", "2024-05-03")))
    again(loaded)
    loaded.bring_up_to_date()
    for file in (home / "dropzone").iterdir():
        file.unlink()
    loaded.platform.ledger.engine.dispose()
    for file in home.glob("ledger.sqlite-*"):
        file.unlink()
    put_back(home, "ledger.sqlite")
    pipeline = reopened(loaded)
    assert stores(pipeline) == {"ledger"}
    rebuilt(pipeline)
    assert pipeline.lake() == pipeline.held() == ["c", "x", "y", "z"]
    assert pipeline.states()[A] == ["superseded", "loaded"]
    assert losses(pipeline.platform) == []


@pytest.mark.parametrize(
    "what", ["lake", "lake/transactions", "lake/summary/transactions", "lake/transactions/year=2024/month=05/day=02"]
)
def test_what_the_lake_has_lost_is_named_and_published_again(loaded: Pipeline, home: Path, what: str) -> None:
    shutil.rmtree(home / what)
    assert stores(loaded) == {"lake"}
    rebuilt(loaded)
    assert losses(loaded.platform) == []
    assert loaded.lake() == ALL


@pytest.mark.full
def test_an_older_lake_is_named_and_published_again(loaded: Pipeline, home: Path, drop: Drop) -> None:
    copy_of(home, "lake")
    drop(C, of("q"))
    again(loaded)
    loaded.bring_up_to_date()
    put_back(home, "lake")
    assert loaded.lake() == ALL
    assert [loss.found for loss in losses(loaded.platform) if "older copy" in loss.found]
    drop("payments_20240503_100000.csv", payments(payment("y", "2024-05-03")))
    again(loaded)
    loaded.bring_up_to_date()
    assert stores(loaded) == {"lake"}, "a publication hides nothing"
    rebuilt(loaded)
    assert loaded.lake() == ["a", "b", "q", "y", "z"]
    assert losses(loaded.platform) == []


def test_a_lost_raw_zone_changes_no_row_and_is_copied_again_as_far_as_the_source_has_it(
    loaded: Pipeline, home: Path
) -> None:
    (home / "dropzone" / A).unlink()
    shutil.rmtree(home / "raw")
    assert stores(loaded) == {"raw"}
    work = rebuilt(loaded)
    assert [A in found for found, _ in work.remaining()] == [True]
    assert len(list((home / "raw").rglob("*.csv"))) == 2
    assert loaded.held() == loaded.lake() == ALL
    assert losses(loaded.platform) == []


@pytest.mark.full
def test_a_rebuild_that_is_killed_goes_on(loaded: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded.platform.settings.warehouse.unlink()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for thing, moment in (
        (loaded.platform.ledger.partitions, "touched"),
        (loaded.platform.ledger.home, "announce"),
        (loaded.platform.ledger.home, "hear"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(type(thing), moment, die)
            with pytest.raises(KeyboardInterrupt):
                Rebuild(loaded.platform).prepare()
    rebuilt(loaded)
    assert loaded.held() == loaded.lake() == ALL
    assert losses(loaded.platform) == []


def test_a_rebuild_waits_for_what_runs_of_another_process_load(loaded: Pipeline) -> None:
    loaded.platform.settings.warehouse.unlink()
    work = Rebuild(loaded.platform)
    work.prepare()
    batches = {request.id for request in plan_loads(loaded.platform, lambda _: History(False, 0))}
    assert work.is_in(batches) and not work.is_in({"another"})
    loaded.platform.ledger.claims.put_back(*batches, "They ended.")
    loaded.load()
    assert not work.is_in(batches)
