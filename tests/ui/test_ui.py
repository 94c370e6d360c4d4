"""What a person sees in the Dagster UI, in a real browser."""

import time
from pathlib import Path

import duckdb
import pytest

from tests.samples import payment, payments
from tests.ui.conftest import Look

pytestmark = pytest.mark.ui


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


def _rows(partition: Path, wanted: int = 2) -> int:
    """The rows of a partition once there are as many as wanted, or after a minute and a half."""
    deadline = time.monotonic() + 90
    found = -1
    while time.monotonic() < deadline and found != wanted:
        time.sleep(0.5)
        if partition.exists():
            found = duckdb.sql(f"SELECT count(*) FROM '{partition}'").fetchall()[0][0]
    return found
