"""A run of `dropzone ingest` is known by its code location, its job and its target, and gives a sign of life."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.orchestration.ingest import BY
from dropzone_assets.orchestration.instance import bury_dead_runs
from dropzone_assets.orchestration.launcher.heartbeat import holder
from dropzone_assets.orchestration.launcher.in_process import LOCATION
from tests.conftest import Ingest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def runs(home: Path, ingest: Ingest, instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    write_flights(home / "dropzone", [date(2013, 1, 5)])
    ingest()
    return list(reversed(instance.get_runs()))


def test_a_run_of_ingest_has_the_origin_that_the_workspace_gives_its_location(runs: list[dg.DagsterRun]) -> None:
    (location,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    for run in runs:
        assert run.remote_job_origin is not None
        repository = run.remote_job_origin.repository_origin
        assert repository.code_location_origin.location_name == location["python_module"]["location_name"]
        assert (
            repository.code_location_origin.loadable_target_origin.module_name
            == location["python_module"]["module_name"]
        )
        assert repository.repository_name == "__repository__"
        assert run.remote_job_origin.job_name == run.job_name == "__ASSET_JOB"
        assert run.tags["dagster/code_location"] == "dropzone"


def test_the_code_location_has_one_name_wherever_dagster_looks_for_it() -> None:
    (location,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dagster"]
    assert {location["python_module"]["location_name"], project["code_location_name"], LOCATION} == {"dropzone"}


def test_a_run_of_ingest_says_what_it_was_to_materialize(runs: list[dg.DagsterRun]) -> None:
    targets = [{key.to_user_string() for key in run.asset_selection or ()} for run in runs]
    assert targets == [
        {"raw/flights", "validated/flights", "quarantine/flights"},
        {"lake/flights", "summary/flights"},
        {"summary/ingestion"},
    ]
    assert {run.asset_check_selection for run in runs} == {None}, "all checks of its assets"


def test_a_run_of_ingest_gives_a_sign_of_life_while_it_works(
    home: Path, ingest: Ingest, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    living: list[bool] = []
    fetched = Deliveries.fetched

    def watched(self: Deliveries, *arguments: Any, **more: Any) -> Any:
        living.extend(holder(_heartbeat(instance, run)) is not None for run in instance.get_runs())
        return fetched(self, *arguments, **more)

    monkeypatch.setattr(Deliveries, "fetched", watched)
    write_flights(home / "dropzone", [date(2013, 1, 5)])
    ingest()
    assert living == [True]
    assert [holder(_heartbeat(instance, run)) for run in instance.get_runs()] == [None, None, None]


def test_a_run_made_again_by_a_person_is_not_taken_for_one_of_a_dead_ingest(instance: dg.DagsterInstance) -> None:
    nothing = dg.GraphDefinition("nothing").to_job()
    dead = instance.create_run_for_job(nothing, tags=BY, status=dg.DagsterRunStatus.STARTED)
    again = instance.create_run_for_job(
        nothing, tags=BY, status=dg.DagsterRunStatus.STARTED, root_run_id=dead.run_id, parent_run_id=dead.run_id
    )
    bury_dead_runs(instance, BY)
    states = {run.run_id: run.status for run in instance.get_runs()}
    assert states == {dead.run_id: dg.DagsterRunStatus.FAILURE, again.run_id: dg.DagsterRunStatus.STARTED}


def _heartbeat(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Path:
    return Path(instance.root_directory) / "workers" / run.run_id
