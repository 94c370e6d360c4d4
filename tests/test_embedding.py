"""The platform is a part of another project, whose own assets are given its rows as they ask for them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from dagster_aws.s3 import S3Resource
from dagster_duckdb import DuckDBResource

from dropzone_assets.definitions import DropzoneComponent, definitions
from dropzone_assets.settings import Settings
from dropzone_assets.store import S3Access
from tests.conftest import CONTRACTS, Drop, Ingest, make_home
from tests.samples import payment, payments

pytestmark = pytest.mark.direct

PROJECT = Path(__file__).parents[1] / "examples" / "downstream"
DAYS = dg.DailyPartitionsDefinition("2013-01-01", end_offset=2)
A, B = "payments_20240501_100000.csv", "payments_20240503_100000.csv"


@pytest.fixture
def loaded(home: Path, drop: Drop, ingest: Ingest) -> Path:
    drop(A, payments(payment("a"), payment("b"), payment("b"), payment("bad", amount=-1)))
    drop(B, payments(payment("c", "2024-05-02"), payment("late", "2024-05-01")))
    ingest()
    return home


def given(home: Path, layer: str, wanted: Any, *days: str, table: str = "transactions") -> Any:
    """What an asset of one's own is given that depends on a layer and annotates its input so."""
    taken: list[Any] = []

    def mine(rows) -> None:  # type: ignore[no-untyped-def]
        taken.append(rows)

    mine.__annotations__ |= {} if wanted is None else {"rows": wanted}
    asset = dg.asset(ins={"rows": dg.AssetIn([layer, table])}, partitions_def=DAYS)(mine)
    everything = dg.Definitions.merge(definitions(Settings(home=home)), dg.Definitions(assets=[asset]))
    tags = {"dagster/asset_partition_range_start": days[0], "dagster/asset_partition_range_end": days[-1]}
    job = everything.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = job.get_subset(asset_selection={asset.key}).execute_in_process(
            instance=instance, tags=tags if len(days) > 1 else {"dagster/partition": days[0]}, raise_on_error=False
        )
    everything.resources["dropzone"].ledger.engine.dispose()
    if not outcome.success:
        raise AssertionError(str([e.step_failure_data for e in outcome.all_events if e.is_step_failure]))
    return taken[0]


IDS: dict[Any, Callable[[Any], list[str]]] = {
    pd.DataFrame: lambda rows: list(rows["transaction_id"]),
    pa.Table: lambda rows: rows["transaction_id"].to_pylist(),
    duckdb.DuckDBPyRelation: lambda rows: [row[0] for row in rows.select("transaction_id").fetchall()],
    None: lambda rows: list(rows["transaction_id"]),
}


@pytest.mark.parametrize("wanted", IDS, ids=str)
def test_rows_are_given_as_the_annotation_says_of_one_day_and_of_several(loaded: Path, wanted: Any) -> None:
    assert sorted(IDS[wanted](given(loaded, "lake", wanted, "2024-05-01"))) == ["a", "b", "late"]
    assert sorted(IDS[wanted](given(loaded, "lake", wanted, "2024-05-01", "2024-05-02"))) == ["a", "b", "c", "late"]


@pytest.mark.parametrize(
    ("layer", "day", "count"),
    [
        ("validated", "2024-05-01", 3),
        ("validated", "2024-05-03", 2),
        ("validated", "2024-05-02", 0),
        ("quarantine", "2024-05-01", 1),
        ("summary", "2024-05-02", 1),
        ("lake", "2024-05-09", 0),
    ],
)
def test_every_layer_can_be_asked_for_by_its_own_days(loaded: Path, layer: str, day: str, count: int) -> None:
    assert len(given(loaded, layer, pa.Table, day)) == count


def test_of_a_home_where_nothing_was_loaded_there_are_the_columns_and_no_rows(home: Path) -> None:
    for layer in ("validated", "lake"):
        rows = given(home, layer, pd.DataFrame, "2024-05-01")
        assert len(rows) == 0 and "transaction_id" in rows.columns


def test_what_came_in_can_be_asked_for_too(loaded: Path) -> None:
    rows = given(loaded, "summary", pa.Table, "2024-05-01", table="ingestion")
    assert rows["rows_read"].to_pylist() == [4]


def test_a_type_that_cannot_be_made_is_told_with_those_that_can(loaded: Path) -> None:
    with pytest.raises(AssertionError, match=r"lake/transactions cannot be given as .*dict.*pandas.*DataFrame"):
        given(loaded, "lake", dict, "2024-05-01")


def test_a_project_may_have_resources_and_an_executor_of_its_own(home: Path) -> None:
    mine = dg.Definitions(
        resources={"platform": 1, "s3": 2, "duckdb": 3, "lake": 4, "warehouse": 5}, executor=dg.multiprocess_executor
    )
    everything = dg.Definitions.merge(definitions(Settings(home=home)), mine)
    assert everything.executor is dg.multiprocess_executor
    assert {name for name in everything.resources if name.startswith("dropzone")} > {"dropzone", "dropzone_lake"}


def test_no_sensor_and_no_schedule_of_the_platform_touches_assets_of_the_project(home: Path) -> None:
    @dg.asset(key=["summary", "neighbour"], partitions_def=DAYS)
    def neighbour() -> None: ...

    everything = dg.Definitions.merge(definitions(Settings(home=home)), dg.Definitions(assets=[neighbour]))
    jobs = {job.name: job.asset_layer.selected_asset_keys for job in everything.resolve_all_job_defs()}
    assert neighbour.key in jobs.pop("__ASSET_JOB")
    assert sum(dg.AssetKey(["summary", "transactions"]) in keys for keys in jobs.values()) >= 3
    assert not [name for name, keys in jobs.items() if neighbour.key in keys]


@pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated", "ignore::dagster.BetaWarning")  # Dagster's own
def test_a_component_finds_its_home_below_its_own_folder() -> None:
    with dg.components.testing.create_defs_folder_sandbox() as sandbox:
        location = sandbox.scaffold_component(DropzoneComponent, defs_yaml_contents=None)
        make_home(location / "home")
        (location / "defs.yaml").write_text(
            "type: dropzone_assets.definitions.DropzoneComponent\nattributes: {home: home}\n"
        )
        with sandbox.load_component_and_build_defs(location) as (component, defs):
            assert component.home == "home"
            assert dg.AssetKey(["lake", "transactions"]) in {key for each in defs.assets for key in each.keys}


@pytest.mark.full
def test_the_example_project_stands_on_a_home(loaded: Path, tmp_path: Path) -> None:
    select = ["--select", "revenue", "--partition", "2024-05-01"]
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "analytics.definitions", *select]
    (tmp_path / "dagster").mkdir()
    environment = {"DROPZONE_HOME": str(loaded), "DAGSTER_HOME": str(tmp_path / "dagster"), "PATH": ""}
    environment["PYTHONPATH"] = f"{PROJECT}:{CONTRACTS.parents[1]}"
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_resources_of_the_project_are_how_s3_and_the_warehouse_are_reached(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_SECRET", "secret")
    s3 = S3Resource(
        endpoint_url="http://127.0.0.1:1",
        region_name="eu-central-1",
        aws_access_key_id="key",
        aws_secret_access_key=dg.EnvVar("LAKE_SECRET"),
    )
    duckdb_ = DuckDBResource(database=str(home / "elsewhere" / "books.duckdb"))
    found = definitions(Settings(home=home), s3, duckdb_)
    platform = (found.resources or {})["dropzone"]
    assert platform.access.s3 == S3Access("http://127.0.0.1:1", "eu-central-1", None, "key", "secret")
    assert platform.settings.warehouse == home / "elsewhere" / "books.duckdb"
    assert (found.resources or {})["dropzone_s3"] is s3 and (found.resources or {})["dropzone_duckdb"] is duckdb_
    nobody = definitions(Settings(home=home), S3Resource(use_unsigned_session=True))
    assert (nobody.resources or {})["dropzone"].access.s3 == S3Access(unsigned=True)


def test_an_asset_of_ones_own_asks_the_warehouse_by_its_resource(loaded: Path) -> None:
    @dg.asset
    def mine(dropzone_duckdb: DuckDBResource) -> int:
        with dropzone_duckdb.get_connection() as connection:
            (count,) = connection.execute("SELECT count(*) FROM validated.transactions").fetchone() or (0,)
            return int(count)

    everything = dg.Definitions.merge(definitions(Settings(home=loaded)), dg.Definitions(assets=[mine]))
    job = everything.resolve_implicit_global_asset_job_def().get_subset(asset_selection={mine.key})
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance).output_for_node("mine") == 5
