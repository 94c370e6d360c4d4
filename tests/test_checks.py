"""A check passes on a good ingest, and fails when the thing it guards is broken behind its back."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from dropzone_assets.orchestration.definitions import build
from dropzone_assets.settings import Settings
from tests.conftest import Drop, Ingest
from tests.samples import payment, payments

pytestmark = pytest.mark.direct

FILE = "payments_20240501_000000.csv"

Break = Callable[[Path], object]
Results = dict[str, dg.AssetCheckEvaluation]


@pytest.fixture
def ask(home: Path, instance: dg.DagsterInstance) -> Callable[[str], Results]:
    """Materialize nothing, ask the checks of an asset."""

    def ask(asset: str) -> Results:
        definitions = build(Settings(home=home))
        key = dg.AssetKey(asset.split("/"))
        outcome = dg.materialize(
            [*(definitions.assets or []), *(definitions.asset_checks or [])],
            selection=dg.AssetSelection.checks_for_assets(key),
            instance=instance,
            resources=definitions.resources,
            raise_on_error=False,
        )
        return {found.check_name: found for found in outcome.get_asset_check_evaluations()}

    return ask


def in_warehouse(statement: str) -> Break:
    def change(home: Path) -> None:
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            connection.execute(statement).fetchall()

    return change


def in_lake(query: str) -> Break:
    """Replace the day's partition by a query over it."""

    def change(home: Path) -> None:
        file = home / "lake/transactions/year=2024/month=05/day=01/transactions.parquet"
        new = file.with_suffix(".new")
        changed = query.format(file=f"read_parquet('{file}', hive_partitioning = false)")
        duckdb.execute(f"COPY ({changed}) TO '{new}' (FORMAT parquet)").fetchall()
        new.replace(file)

    return change


def good(drop: Drop, ingest: Ingest) -> None:
    drop(FILE, payments(payment("T1"), payment("T2"), payment("T2"), payment("T3", amount=-1)))
    ingest()


@pytest.mark.parametrize("layer", ["raw", "validated", "lake"])
def test_after_a_good_ingest_every_check_but_the_rate_passes(
    layer: str, drop: Drop, ingest: Ingest, ask: Callable[[str], Results]
) -> None:
    good(drop, ingest)
    found = ask(f"{layer}/transactions")
    assert found
    assert {name for name, result in found.items() if not result.passed} <= {"quarantine_rate"}


@pytest.mark.parametrize(
    ("asset", "check", "change"),
    [
        ("validated", "rows_conserved", in_warehouse("DELETE FROM validated.transactions WHERE _record = 1")),
        ("validated", "rows_conserved", in_warehouse("DELETE FROM quarantine.transactions")),
        ("validated", "rows_conserved", in_warehouse("INSERT INTO validated.transactions FROM validated.transactions")),
        ("lake", "rows_conserved", in_lake("FROM {file} LIMIT 1")),
        ("lake", "rows_conserved", in_lake("FROM {file} UNION ALL FROM {file}")),
        ("lake", "lake_equals_warehouse", in_lake("SELECT * REPLACE (amount + 1 AS amount) FROM {file}")),
        ("lake", "quality_currency_known", in_lake("SELECT * REPLACE ('XXX' AS currency) FROM {file}")),
        ("lake", "quality_transaction_id_unique", in_lake("SELECT * REPLACE ('T1' AS transaction_id) FROM {file}")),
        ("lake", "quality_no_gigantic_payments", in_lake("SELECT * REPLACE (2000000 AS amount) FROM {file}")),
    ],
)
def test_a_check_fails_when_what_it_guards_is_broken(
    asset: str,
    check: str,
    change: Break,
    home: Path,
    drop: Drop,
    ingest: Ingest,
    ask: Callable[[str], Results],
) -> None:
    good(drop, ingest)
    change(home)
    result = ask(f"{asset}/transactions")[check]
    assert not result.passed
    assert "not as promised" in result.metadata


def test_the_rate_fails_above_the_contracts_threshold_and_shows_it(
    drop: Drop, ingest: Ingest, ask: Callable[[str], Results]
) -> None:
    good(drop, ingest)
    rate = ask("validated/transactions")["quarantine_rate"]
    assert not rate.passed
    assert rate.severity is dg.AssetCheckSeverity.WARN
    assert {name: value.value for name, value in rate.metadata.items() if name != "not as promised"} == {
        "rows read": 4,
        "quarantined": 1,
        "share": 0.25,
        "share allowed": 0.2,
    }


def test_a_failed_delivery_fails_its_check_with_the_cure(
    drop: Drop, ingest: Ingest, ask: Callable[[str], Results]
) -> None:
    drop(FILE, "a,b\n1,2\n")
    ingest()
    result = ask("raw/transactions")["no_failed_deliveries"]
    assert not result.passed
    assert "dropzone replay transactions" in str(result.metadata["not as promised"].value)


def test_a_file_nobody_recognises_fails_the_platforms_check(
    drop: Drop, ingest: Ingest, ask: Callable[[str], Results]
) -> None:
    drop("holiday.jpg", "")
    ingest()
    assert not ask("summary/ingestion")["every_file_recognised"].passed


def test_the_conservation_of_rows_stops_what_comes_after(home: Path) -> None:
    checks = build(Settings(home=home)).asset_checks or []
    blocking = {spec.key.name: spec.blocking for each in checks for spec in each.check_specs}
    assert {name for name, stops in blocking.items() if stops} == {"rows_conserved"}
