"""A run in this process that has an origin, as one that the daemon asks for: known by its code location and target.

`JobDefinition.execute_in_process` makes runs without one: the UI shows neither what they were of nor when, and cannot
make them again. The public way to runs with an origin is a process for each.
"""

import sys
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition.valid_definitions import SINGLETON_REPOSITORY_NAME
from dagster._core.execution.api import create_execution_plan, execute_run
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.snap import snapshot_from_execution_plan
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import make_new_run_id

from dropzone_assets.orchestration.launcher.heartbeat import alive

LOCATION = "dropzone"
"""The name of the code location, as workspace.yaml gives it."""

MODULE = "dropzone_assets.definitions"
"""Where its definitions are."""


def run_in_process(
    everything: dg.JobDefinition,
    instance: dg.DagsterInstance,
    assets: Set[dg.AssetKey],
    checks: Set[dg.AssetCheckKey] | None,
    tags: Mapping[str, str],
    config: Mapping[str, Any],
    run_id: str = "",
) -> dg.JobExecutionResult:
    """Make one run, and give a sign of life as long as it lasts.

    Args:
        everything: the job of all assets and checks.
        instance: where the run is recorded.
        assets: what it materializes.
        checks: the checks it asks; all of `assets` when None.
        tags: of the run.
        config: of the run.
        run_id: its id; a new one when left out.
    """
    job = everything.get_subset(asset_selection=assets, asset_check_selection=checks)
    run = _created(job, instance, tags, config, run_id or make_new_run_id())
    with alive(Path(instance.root_directory) / "workers" / run.run_id):
        return execute_run(InMemoryJob(everything), run, instance)


def _created(
    job: dg.JobDefinition, instance: dg.DagsterInstance, tags: Mapping[str, str], config: Mapping[str, Any], run_id: str
) -> dg.DagsterRun:
    """A run with its origin, without which the UI can neither show it on the timeline nor make it again."""
    plan = create_execution_plan(
        job, config, instance_ref=instance.get_ref() if instance.is_persistent else None, tags=tags
    )
    return instance.create_run(
        job_name=job.name,
        run_id=run_id,
        run_config=config,
        status=None,
        tags=tags,
        root_run_id=None,
        parent_run_id=None,
        step_keys_to_execute=None,
        execution_plan_snapshot=snapshot_from_execution_plan(plan, job.get_job_snapshot_id()),
        job_snapshot=job.get_job_snapshot(),
        parent_job_snapshot=job.get_parent_job_snapshot(),
        asset_selection=job.asset_selection,
        asset_check_selection=job.asset_check_selection,
        resolved_op_selection=None,
        op_selection=None,
        remote_job_origin=_origin(job.name),
        job_code_origin=None,
        asset_graph=job.asset_layer.asset_graph,
    )


def _origin(job: str) -> RemoteJobOrigin:
    """Where the daemon and the UI find the job: by the names of its location and repository."""
    module = LoadableTargetOrigin(module_name=MODULE, executable_path=sys.executable)
    location = ManagedGrpcPythonEnvCodeLocationOrigin(module, LOCATION)
    return RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME).get_job_origin(job)
