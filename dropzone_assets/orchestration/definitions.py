"""Where everything meets: settings in, Dagster definitions out. Holds no asset and no SQL."""

import warnings
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import dagster as dg
from dagster_duckdb import DuckDBResource

from dropzone_assets.files import FILES
from dropzone_assets.orchestration.assets import tables_assets
from dropzone_assets.orchestration.checks import gone_checks, platform_checks, table_checks
from dropzone_assets.orchestration.io_managers import (
    LakeIOManager,
    RawZoneIOManager,
    SummaryIOManager,
    WarehouseIOManager,
)
from dropzone_assets.orchestration.launcher.pools import wait_patiently
from dropzone_assets.orchestration.resources import duckdb_of, kept_by, reached_by, s3_of
from dropzone_assets.orchestration.sensors import (
    due_sensor,
    failed_files_job,
    failed_files_sensor,
    source_sensor,
    summary_schedule,
)
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource


def build(settings: Settings, s3: "S3Resource | None" = None, duckdb: DuckDBResource | None = None) -> dg.Definitions:
    """All definitions of the platform as a code location of its own, from settings.

    Reads the contracts and the list of sources; opens no database, no store and no source.

    Args:
        s3: how S3 is reached; from the settings when None.
        duckdb: where the warehouse is; from the settings when None.
    """
    return define(_platform(settings, s3, duckdb), s3, duckdb)


def definitions(
    settings: Settings | None = None, s3: "S3Resource | None" = None, duckdb: DuckDBResource | None = None
) -> dg.Definitions:
    """The platform as a part of a project of one's own: `dg.Definitions.merge(definitions(), mine)`.

    Every resource's key begins with `dropzone`, and the executor is the project's, so nothing clashes. An asset that
    depends on `lake/T`, `validated/T`, `quarantine/T` or `summary/T` is given its rows as its annotation says.

    Args:
        settings: what describes the home; from the environment when None.
        s3: how the raw zone and the lake are reached in S3; from the settings when None.
        duckdb: where the warehouse is; from the settings when None.
    """
    return define(_platform(settings or Settings.from_env(), s3, duckdb), s3, duckdb, executor=None)


def define(
    platform: Platform,
    s3: "S3Resource | None" = None,
    duckdb: DuckDBResource | None = None,
    executor: dg.ExecutorDefinition | None = dg.in_process_executor,
) -> dg.Definitions:
    """All definitions of a platform that is there already, so that what it has loaded is not loaded twice."""
    wait_patiently()
    contracts = list(platform.contracts.tables.values())
    days = dg.DailyPartitionsDefinition(platform.settings.start_date.isoformat(), end_offset=2)
    with warnings.catch_warnings():
        # BackfillPolicy is marked beta; it is Dagster's one way to take a range of days in one run.
        warnings.simplefilter("ignore", dg.BetaWarning)
        assets = tables_assets(contracts, days)
    minding = any(config.gone != "keep" for config in platform.configs.values())
    gone = gone_checks([FILES, *platform.contracts.tables]) if minding else []
    checks = [check for contract in contracts for check in table_checks(contract)]
    watching = [source_sensor(config, assets) for config in platform.configs.values()]
    return dg.Definitions(
        assets=assets,
        asset_checks=[*checks, *gone, *platform_checks()],
        sensors=[*watching, due_sensor(assets), failed_files_sensor()],
        jobs=[failed_files_job()],
        schedules=[summary_schedule(assets)],
        resources={
            "dropzone": platform,
            "dropzone_s3": s3 or s3_of(platform.settings),
            "dropzone_duckdb": duckdb or duckdb_of(platform.settings),
            "dropzone_raw_zone": RawZoneIOManager(platform),
            "dropzone_warehouse": WarehouseIOManager(platform),
            "dropzone_lake": LakeIOManager(platform),
            "dropzone_summary": SummaryIOManager(platform),
        },
        executor=executor,
    )


def _platform(settings: Settings, s3: "S3Resource | None", duckdb: DuckDBResource | None) -> Platform:
    """The platform that the settings describe, where no resource says otherwise."""
    if duckdb:
        settings = settings.model_copy(update={"warehouse_path": kept_by(duckdb)})
    found = open_platform(settings)
    return replace(found, access=replace(found.access, s3=reached_by(s3))) if s3 else found


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of this process's environment; Dagster calls it, importing the module does not.

    A run asks for its job twice, as all of it and as what it selects, and gets the same definitions. A code server that
    loads them anew is a new process.
    """
    return _made(Settings.from_env())


@cache
def _made(settings: Settings) -> dg.Definitions:
    return build(settings)
