"""What Dagster is told, and that it can be used from Dagster's own command line."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.orchestration.definitions import build, defs
from dropzone_assets.settings import Settings
from tests.conftest import Ingest, Query

TABLES = ("apps", "flights", "movies", "songs", "transactions", "vehicle_events", "vehicle_status")
LAYERS = ("raw", "validated", "quarantine", "lake", "summary")


@pytest.fixture
def specs(home: Path) -> dict[str, dg.AssetSpec]:
    found = build(Settings(home=home)).resolve_all_asset_specs()
    return {spec.key.to_user_string(): spec for spec in found}


def test_every_table_has_its_layers_and_the_platform_its_summary(specs: dict[str, dg.AssetSpec]) -> None:
    assert set(specs) == {f"{layer}/{table}" for layer in LAYERS for table in TABLES} | {
        "raw/files",
        "summary/ingestion",
    }


@pytest.mark.parametrize("table", TABLES)
def test_the_assets_of_a_table_are_one_group_with_the_contracts_owners(
    table: str, specs: dict[str, dg.AssetSpec]
) -> None:
    mine = [specs[f"{layer}/{table}"] for layer in LAYERS]
    assert {spec.group_name for spec in mine} == {table}
    assert all(spec.owners and "@" in spec.owners[0] for spec in mine)
    assert specs[f"lake/{table}"].freshness_policy is not None


def test_columns_and_their_lineage_come_from_the_contract(specs: dict[str, dg.AssetSpec]) -> None:
    metadata = specs["validated/flights"].metadata
    schema = metadata["dagster/column_schema"]
    assert {column.name: column.type for column in schema.columns}["flight_date"] == "DATE"
    lineage = metadata["dagster/column_lineage"].deps_by_column
    assert {dep.column_name for dep in lineage["flight_date"]} == {"year", "month", "day"}
    assert [dep.asset_key.to_user_string() for dep in lineage["carrier"]] == ["raw/flights"]


def test_all_assets_share_their_days_and_take_any_range_in_one_run(home: Path) -> None:
    assets = build(Settings(home=home)).assets or []
    policies = {asset.backfill_policy for asset in assets if isinstance(asset, dg.AssetsDefinition)}
    assert policies == {dg.BackfillPolicy.single_run()}
    partitions = {asset.partitions_def for asset in assets if isinstance(asset, dg.AssetsDefinition)}
    assert len(partitions) == 1


def test_telling_dagster_opens_no_database_and_makes_no_file(home: Path) -> None:
    before = sorted(home.rglob("*"))
    dg.Definitions.validate_loadable(build(Settings(home=home)))
    assert sorted(home.rglob("*")) == before


def test_a_process_makes_its_definitions_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    assert defs() is defs()


def test_dagsters_own_command_materializes_a_partition(home: Path, ingest: Ingest, query: Query) -> None:
    write_flights(home / "dropzone", [date(2013, 1, 5)])
    ingest()
    partition = home / "lake/flights/year=2013/month=01/day=05/flights.parquet"
    partition.unlink()
    (home / "dagster").mkdir()
    environment = {**os.environ, "DROPZONE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    command = [
        sys.executable,
        "-m",
        "dagster",
        "asset",
        "materialize",
        "-m",
        "dropzone_assets.definitions",
    ]
    asked = ["--select", "lake/flights", "--partition", "2013-01-05"]
    done = subprocess.run([*command, *asked], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert query("SELECT count(*) FROM lake.flights") == [(720,)]


@pytest.mark.full
def test_rebuilding_two_weeks_is_one_run_and_changes_no_row(
    home: Path, ingest: Ingest, query: Query, instance: dg.DagsterInstance
) -> None:
    days = [date(2013, 1, 1) + timedelta(days=n) for n in range(14)]
    write_flights(home / "dropzone", days)
    ingest()
    before = query("FROM lake.flights")
    assert len(before) == 12_208
    definitions = build(Settings(home=home))
    keys = [dg.AssetKey([layer, "flights"]) for layer in LAYERS]
    first, last = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
    outcome = dg.materialize(
        [*(definitions.assets or []), *(definitions.asset_checks or [])],
        selection=dg.AssetSelection.assets(*keys),
        instance=instance,
        resources=definitions.resources,
        tags={first: str(days[0]), last: str(days[-1])},
    )
    assert outcome.success
    assert query("FROM lake.flights") == before
