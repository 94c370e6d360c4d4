"""Files that no contract knows, and contracts that cannot be honoured: each alone, and neither for ever."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.orchestration.definitions import build
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import Drop, Ingest, Query, ingest_home
from tests.samples import event, events, payment, payments

pytestmark = pytest.mark.direct

A = "payments_20240501_100000.csv"


def failures(home: Path) -> list[tuple[str, str, str, str]]:
    """Path, stage, reason and cure of every failed delivery, in the order of their paths."""
    platform = open_platform(Settings(home=home))
    found = [(row.path, row.stage, row.reason, row.cure) for row in platform.ledger.queries.failures()]
    platform.ledger.engine.dispose()
    return sorted(found)


def test_a_file_nobody_recognises_has_failed_until_a_contract_does(
    home: Path, drop: Drop, ingest: Ingest, query: Query
) -> None:
    drop("zahlungen_20240501.csv", payments(payment("a")))
    assert ingest().refused == 1
    (failure,) = failures(home)
    assert failure[1] == "read" and "zahlungen_20240501.csv" in failure[2] and "contract" in failure[3]
    contract = home / "contracts" / "transactions.odcs.yaml"
    contract.write_text(contract.read_text().replace('files: ["', 'files: ["zahlungen_%Y%m%d.csv", "'))
    ingest()
    assert failures(home) == []
    assert query("SELECT transaction_id FROM lake.transactions") == [("a",)]


def test_names_that_cannot_be_dates_or_are_of_no_partition_have_failed(home: Path, drop: Drop, ingest: Ingest) -> None:
    names = ["payments_20241399_100000.csv", "payments_19990101_100000.csv", "payments_29990101_100000.csv"]
    for name in names:
        drop(name, payments(payment("a")))
    assert ingest().refused == 3
    assert [path for path, *_ in failures(home)] == sorted(names)
    assert all(path in reason and cure for path, _, reason, cure in failures(home))


def test_a_link_is_never_followed(home: Path, drop: Drop, ingest: Ingest, tmp_path: Path) -> None:
    secret = tmp_path / A
    secret.write_text(payments(payment("secret")))
    (home / "dropzone" / A).symlink_to(secret)
    (home / "dropzone" / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    drop("payments_20240501_110000.csv", payments(payment("a")))
    ingest()
    assert [path for path, *_ in failures(home)] == ["elsewhere", A]


def test_a_broken_contract_fails_alone_and_its_check_says_so(
    home: Path, drop: Drop, instance: dg.DagsterInstance, query: Query
) -> None:
    (home / "contracts" / "broken.odcs.yaml").write_text("kind: DataContract\nschema: [")
    drop(A, payments(payment("a")))
    ingest_home(home, instance)
    assert query("SELECT transaction_id FROM lake.transactions") == [("a",)]
    key = dg.AssetCheckKey(dg.AssetKey(["summary", "ingestion"]), "contracts_sound")
    (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    evaluation = record.event.dagster_event.asset_check_evaluation_data
    assert not evaluation.passed
    assert evaluation.metadata["broken contracts"].value == 1
    assert "broken.odcs.yaml" in str(evaluation.metadata["not as promised"])


def test_files_of_a_table_whose_contract_broke_wait_for_the_cure(
    home: Path, drop: Drop, ingest: Ingest, query: Query
) -> None:
    contract = home / "contracts" / "transactions.odcs.yaml"
    shutil.copy(contract, home / "kept")
    drop(A, payments(payment("a")))
    ingest()
    contract.write_text(contract.read_text().replace("logicalType: timestamp", "logicalType: moment"))
    drop("payments_20240502_100000.csv", payments(payment("b", "2024-05-02")))
    drop("vehicles_events_20240501100000.json", events(event("V1")))
    ingest()
    assert query("SELECT vehicle_id FROM lake.vehicle_events") == [("V1",)]
    shutil.copy(home / "kept", contract)
    ingest()
    assert query("SELECT transaction_id FROM lake.transactions ORDER BY 1") == [("a",), ("b",)]


def test_a_draft_does_not_run(home: Path, drop: Drop, ingest: Ingest) -> None:
    contract = home / "contracts" / "transactions.odcs.yaml"
    contract.write_text(contract.read_text().replace("status: active", "status: draft"))
    drop(A, payments(payment("a")))
    assert ingest().runs == []
    names = {key.path[-1] for key in build(Settings(home=home)).resolve_asset_graph().get_all_asset_keys()}
    assert "transactions" not in names and "flights" in names
