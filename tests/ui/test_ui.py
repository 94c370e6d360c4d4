"""What a person sees in the Dagster UI, in a real browser."""

import json
import time
import urllib.request
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from dropzone_assets.orchestration.ingest import BY
from tests.samples import payment, payments
from tests.ui.conftest import Look

pytestmark = pytest.mark.ui

AGAIN = """mutation ($asked: ReexecutionParams!) {
    launchRunReexecution(reexecutionParams: $asked) { ... on LaunchRunSuccess { run { runId } } }
}"""


def test_the_assets_of_a_table_are_a_group_with_their_layers(look: Look) -> None:
    layers = ("raw", "validated", "quarantine", "lake", "summary")
    look("/locations/dropzone/asset-groups/transactions", *layers, picture="lineage")


def test_a_lake_partition_shows_its_rows_its_file_and_a_preview(look: Look) -> None:
    page = look("/assets/lake/flights?view=partitions&partition=2013-01-05", "dagster/partition_row_count", "preview")
    assert "720" in page
    assert "year=2013/month=01/day=05/flights.parquet" in page


def test_a_quarantine_partition_shows_why_rows_were_refused(look: Look) -> None:
    page = look("/assets/quarantine/transactions?view=partitions&partition=2024-03-04", "reasons", picture="quarantine")
    assert "record:extra-cell" in page
    assert "transaction_ts:partition" in page


def test_the_overview_shows_what_the_contract_says(look: Look) -> None:
    freshness = "Fails if more than 2 days since last materialization"
    page = look("/assets/lake/transactions?view=overview", "Columns", "payments@example.com", freshness)
    assert "DECIMAL(18,2)" in page
    assert "is at least 0" in page


def test_every_check_of_the_lake_has_passed_and_shows_its_numbers(look: Look) -> None:
    page = look("/assets/lake/transactions?view=checks", "lake_equals_warehouse", "warehouse_rows")
    assert "rows_conserved" in page
    assert "quality_currency_known" in page


def test_a_dropped_file_reaches_the_lake_by_itself(look: Look, ui: tuple[str, Path]) -> None:
    _, home = ui
    file = home / "dropzone" / "payments_20240601_000000.csv"
    file.write_text(payments(payment("T1", "2024-06-01"), payment("T2", "2024-06-01")))
    partition = home / "lake" / "transactions" / "year=2024" / "month=06" / "day=01" / "transactions.parquet"
    assert _rows(partition) == 2
    file.write_text(payments(payment("T1", "2024-06-01")))
    assert _rows(partition, 1) == 1
    page = look("/assets/lake/transactions?view=partitions&partition=2024-06-01", "dagster/partition_row_count")
    assert "Materialized" in page


def test_the_overview_and_the_runs_show_what_ingest_did_and_it_can_be_done_again(
    look: Look, ui: tuple[str, Path]
) -> None:
    page = look("/overview", "Jobless asset materializations", picture="overview")
    assert "No runs" not in page
    look("/runs", "summary / ingestion")
    address, home = ui
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        first = instance.get_runs(dg.RunsFilter(tags=BY))[-1]
        asked = {"parentRunId": first.run_id, "strategy": "ALL_STEPS"}
        body = json.dumps({"query": AGAIN, "variables": {"asked": asked}}).encode()
        request = urllib.request.Request(f"{address}/graphql", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            run = json.load(answer)["data"]["launchRunReexecution"]["run"]["runId"]
        assert _ended(instance, run).asset_selection == first.asset_selection
        assert _ended(instance, run).status is dg.DagsterRunStatus.SUCCESS


def test_a_failed_file_is_on_the_overview(look: Look, ui: tuple[str, Path]) -> None:
    _, home = ui
    (home / "dropzone" / "payments_20240602_000000.csv").write_text("no,such,columns\n1,2,3\n")
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        deadline = time.monotonic() + 90
        while not (runs := instance.get_runs(dg.RunsFilter(job_name="failed_files"))) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert _ended(instance, runs[0].run_id).status is dg.DagsterRunStatus.FAILURE
    look("/overview", "failed_files", picture="failed")


def _ended(instance: dg.DagsterInstance, run: str) -> dg.DagsterRun:
    """A run once it has ended, or after a minute and a half."""
    deadline = time.monotonic() + 90
    while not (found := instance.get_run_by_id(run)) or (not found.is_finished and time.monotonic() < deadline):
        time.sleep(0.5)
    return found


def _rows(partition: Path, wanted: int = 2) -> int:
    """The rows of a partition once there are as many as wanted, or after a minute and a half."""
    deadline = time.monotonic() + 90
    found = -1
    while time.monotonic() < deadline and found != wanted:
        time.sleep(0.5)
        if partition.exists():
            found = duckdb.sql(f"SELECT count(*) FROM '{partition}'").fetchall()[0][0]
    return found
