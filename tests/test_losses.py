"""A store that is lost, or an older copy, is named, and nothing is built on it."""

import json
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.engine import attached
from dropzone_assets.errors import StoreLost
from dropzone_assets.orchestration.definitions import define
from dropzone_assets.pipeline.generations import stopped
from dropzone_assets.upkeep.losses import losses
from tests.conftest import Drop, Query
from tests.lost import ALL, C, again, home, loaded, rebuilt, stores
from tests.pipeline import A, Pipeline, of

__all__ = ["home", "loaded"]


def test_a_whole_home_has_lost_nothing(loaded: Pipeline) -> None:
    assert losses(loaded.platform) == []
    work = rebuilt(loaded)
    assert (work.done, work.remaining()) == ([], [])


def test_nothing_is_published_without_the_warehouse(loaded: Pipeline, drop: Drop) -> None:
    loaded.platform.settings.warehouse.unlink()
    drop("payments_20240501_120000.csv", of("d"))
    with pytest.raises(StoreLost, match="is not there and lacks 3 loads of 1 table that the ledger has, the newest"):
        again(loaded)
    assert loaded.lake() == ALL
    assert stores(loaded) == {"warehouse"}
    rebuilt(loaded)
    assert loaded.lake() == [*ALL[:3], "d", "z"]
    assert losses(loaded.platform) == []


def test_a_process_that_dies_between_warehouse_and_ledger_loses_nothing(
    loaded: Pipeline, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("payments_20240501_120000.csv", of("d"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for moment in ("hear", "announce"):
        with monkeypatch.context() as patch:
            patch.setattr(type(loaded.platform.ledger.home), moment, die)
            with pytest.raises(KeyboardInterrupt):
                again(loaded)
        assert losses(loaded.platform) == []
    again(loaded)
    loaded.bring_up_to_date()
    assert loaded.lake() == [*ALL[:3], "d", "z"]


def test_a_look_at_whether_the_stores_belong_together_opens_nothing_twice(
    loaded: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stopped(loaded.platform) is None
    monkeypatch.setattr("dropzone_assets.pipeline.generations.attached", None)
    assert stopped(loaded.platform) is None


def test_an_older_home_without_generations_is_taken_over_where_its_loads_agree(loaded: Pipeline, drop: Drop) -> None:
    with attached(connection := loaded.platform.connect(), loaded.platform.settings.warehouse, read_only=False):
        connection.execute("DROP TABLE warehouse.dropzone.home")
    with loaded.platform.ledger.engine.begin() as ledger:
        ledger.exec_driver_sql("DELETE FROM home WHERE name LIKE 'warehouse %'")
    assert losses(loaded.platform) == []
    drop("payments_20240501_120000.csv", of("d"))
    again(loaded)
    loaded.bring_up_to_date()
    assert losses(loaded.platform) == []
    assert loaded.lake() == [*ALL[:3], "d", "z"]


def test_the_daemon_asks_for_no_run_and_says_which_store_is_lost(
    loaded: Pipeline, drop: Drop, instance: dg.DagsterInstance
) -> None:
    loaded.platform.settings.warehouse.unlink()
    drop("payments_20240501_120000.csv", of("d"))
    defined = define(loaded.platform)
    for sensor in map(defined.resolve_sensor_def, ("watch_dropzone", "publish_due_partitions")):
        with dg.build_sensor_context(instance, cursor="", resources={"dropzone": loaded.platform}) as context:
            answer = sensor.evaluate_tick(context)
        asked = [check.name for request in answer.run_requests or () for check in request.asset_check_keys or ()]
        assert asked == (
            [] if sensor.name == "watch_dropzone" else ["contracts_sound", "stores_whole", "all_published"]
        )
        assert not [request for request in answer.run_requests or () if request.asset_selection]
        if sensor.name == "watch_dropzone":
            assert "is not there and lacks 3 loads" in str(answer.skip_message)


def test_the_command_says_what_is_lost_and_what_it_made_again(
    home: Path, drop: Drop, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    drop(A, of("a", "b"))
    ask = CliRunner().invoke
    assert ask(app, ["ingest"]).exit_code == 0
    (home / "warehouse.duckdb").unlink()
    drop(C, of("c"))
    said = ask(app, ["ingest"])
    assert (said.exit_code, "is not there and lacks 1 load" in said.output) == (1, True), said.output
    assert "Lost" in ask(app, ["status"]).output
    assert json.loads(ask(app, ["status", "--json"]).stdout)["lost"][0]["store"] == "warehouse"
    said = ask(app, ["rebuild", "--json"])
    assert (said.exit_code, json.loads(said.stdout)["healed"]) == (0, True), said.output
    assert query("SELECT transaction_id FROM lake.transactions ORDER BY 1") == [("a",), ("b",), ("c",)]
    assert ask(app, ["verify"]).exit_code == 0
    said = ask(app, ["rebuild"])
    assert (said.exit_code, "Nothing is lost." in said.output) == (0, True), said.output
