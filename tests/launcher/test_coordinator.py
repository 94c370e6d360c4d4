"""Runs start at once while there is room, and wait in Dagster's queue otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import dagster as dg
import pytest
import yaml
from dagster._core.launcher import LaunchRunContext, RunLauncher
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._daemon import sensor
from dagster._serdes import ConfigurableClass

from dropzone_assets.orchestration.instance import TEMPLATE
from tests.launcher.jobs import quick

QUEUED, STARTING = dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING


class Nobody(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Launches nothing."""

    inst_data = None

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(cls, *_: object) -> "Nobody":
        return cls()

    def launch_run(self, context: LaunchRunContext) -> None:
        pass

    def terminate(self, run_id: str) -> bool:
        return False


def opened(folder: Path, **changes: object) -> dg.DagsterInstance:
    """An instance as the project's dagster.yaml has it, with other limits, that launches nothing."""
    config = yaml.safe_load(TEMPLATE.read_text()) | changes
    config["run_launcher"] = {"module": __name__, "class": "Nobody"}
    (folder / "dagster.yaml").write_text(yaml.safe_dump(config))
    return dg.DagsterInstance.from_config(str(folder))


@pytest.fixture(autouse=True)
def _pace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sensor, "MIN_INTERVAL_LOOP_TIME", 5)
    yield


def submitted(instance: dg.DagsterInstance, count: int) -> list[dg.DagsterRunStatus]:
    """Submit runs; how each stands then."""
    origin = dg.reconstructable(quick).get_python_origin()
    remote = RemoteJobOrigin(RemoteRepositoryOrigin(GrpcServerCodeLocationOrigin("localhost", 1), "jobs"), "quick")
    runs = [instance.create_run_for_job(quick, remote_job_origin=remote, job_code_origin=origin) for _ in range(count)]
    for run in runs:
        instance.run_coordinator.submit_run(dg.SubmitRunContext(run, MagicMock()))
    return [record.status for run in runs if (record := instance.get_run_by_id(run.run_id))]


def test_as_many_runs_start_at_once_as_may_and_others_wait(tmp_path: Path) -> None:
    with opened(tmp_path, concurrency={"runs": {"max_concurrent_runs": 2}}) as instance:
        assert submitted(instance, 3) == [STARTING, STARTING, QUEUED]
        instance.report_run_failed(instance.get_runs(filters=dg.RunsFilter(statuses=[STARTING]))[0])
        assert submitted(instance, 1) == [QUEUED]  # it does not go before the one that waits


@pytest.mark.parametrize(
    "limits",
    [{"runs": {"tag_concurrency_limits": [{"key": "team", "limit": 1}]}}, {"pools": {"granularity": "run"}}],
)
def test_limits_that_only_the_queue_can_count_are_left_to_it(limits: dict[str, object], tmp_path: Path) -> None:
    with opened(tmp_path, concurrency=limits) as instance:
        assert submitted(instance, 1) == [QUEUED]


def test_the_rounds_of_sensors_follow_one_another_as_dagster_yaml_says(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        assert instance.run_coordinator
        assert sensor.MIN_INTERVAL_LOOP_TIME == 0.5
    assert "MIN_INTERVAL_LOOP_TIME" in sensor.execute_sensor_iteration_loop.__code__.co_names
