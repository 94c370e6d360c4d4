"""A day becomes overdue by the passing of time alone, and somebody is told of it once."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.inspect.query import open_query
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.cases.validated import describe, write
from tests.conftest import Drop, Ingest

CHECK = dg.AssetCheckKey(dg.AssetKey(["lake", "t"]), "complete")
SLA = [
    {"property": "frequency", "value": 1, "unit": "d"},
    {"property": "timeOfAvailability", "value": "09:00"},
]
CLOCKS = (
    *(f"orchestration.{name}" for name in ("sensors", "ingest", "checks", "assets.lake", "assets.summary")),
    "cli.status",
)

Clock = Callable[[datetime], None]
Results = dict[str, dg.AssetCheckEvaluation]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one table, of which a file is expected every day."""
    document = describe({"name": "id"}, files=["t_%Y%m%d.csv"])
    write(tmp_path / "contracts", {**document, "slaProperties": SLA})
    (tmp_path / "dropzone").mkdir()
    (tmp_path / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n")
    return tmp_path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the clock of everything that validates days."""

    def show(at: datetime) -> None:
        for module in CLOCKS:
            monkeypatch.setattr(f"dropzone_assets.{module}.now", lambda: at)

    return show


@pytest.fixture
def tick(home: Path, instance: dg.DagsterInstance) -> Iterator[Callable[[], Any]]:
    """What the sensor of due partitions answers."""
    definitions = build(Settings(home=home))
    sensor = definitions.resolve_sensor_def("publish_due_partitions")

    def tick() -> Any:
        with dg.build_sensor_context(
            instance=instance, resources=definitions.resources, definitions=definitions
        ) as context:
            return sensor.evaluate_tick(context)

    yield tick
    definitions.resources["dropzone"].ledger.engine.dispose()


def summary(home: Path) -> list[tuple[Any, ...]]:
    asked = (
        "SELECT day::VARCHAR, files, expected, arrived, standing, completed_late FROM summary.ingestion ORDER BY ALL"
    )
    platform: Platform = open_platform(Settings(home=home))
    with open_query(platform) as connection:
        return connection.execute(asked).fetchall()


def verdict(instance: dg.DagsterInstance) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the newest check passed, and the days it named."""
    (record,) = instance.event_log_storage.get_asset_check_execution_history(CHECK, limit=1)
    found = record.event.dagster_event.asset_check_evaluation_data
    cases = found.metadata.get("not as promised")
    return found.passed, [dict(row.data) for row in cases.records] if cases else []


def told_of(instance: dg.DagsterInstance, day: str) -> dict[str, Any]:
    """What the newest materialization of a lake partition says of its files."""
    wanted = dg.AssetRecordsFilter(dg.AssetKey(["lake", "t"]), asset_partitions=[day])
    (record,) = instance.fetch_materializations(wanted, limit=1).records
    metadata = record.asset_materialization.metadata
    names = ("completeness", "files of the day", "completed late")
    return {name: metadata[name].value for name in names if name in metadata}


@pytest.mark.full
def test_a_day_that_becomes_overdue_is_told_of_once_and_its_completion_too(
    home: Path,
    drop: Drop,
    ingest: Ingest,
    tick: Callable[[], Any],
    clock: Clock,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock(datetime(2024, 5, 3, 8))
    drop("t_20240501.csv", "id\na\n")
    ingest()
    assert verdict(instance) == (True, [])
    assert tick().run_requests == []

    clock(datetime(2024, 5, 3, 9, 1))
    first, second = tick().run_requests, tick().run_requests
    assert [r.asset_check_keys for r in first] == [[CHECK]]
    assert [r.run_key for r in first] == [r.run_key for r in second]

    assert [(run.step, run.table) for run in ingest().runs] == [("alert", "t"), ("publish", "ingestion")]
    passed, (case,) = verdict(instance)
    assert not passed
    assert case["evidence"] == "0 of 1 file, due 2024-05-03 09:00 UTC"
    assert tick().run_requests == ingest().runs == []
    assert summary(home) == [("2024-05-01", 1, 1, 1, "complete", True), ("2024-05-02", 0, 1, 0, "overdue", None)]

    monkeypatch.setenv("DROPZONE_HOME", str(home))
    said = CliRunner().invoke(app, ["status"]).stdout
    assert "t: 1 day overdue, the first 2024-05-02: 0 of 1 file, due 2024-05-03 09:00 UTC" in " ".join(said.split())

    drop("t_20240502.csv", "id\nb\n")
    ingest()
    assert verdict(instance) == (True, [])
    assert tick().run_requests == []
    assert told_of(instance, "2024-05-02") == {
        "completeness": "complete",
        "files of the day": "1 of 1 file, due 2024-05-03 09:00 UTC",
        "completed late": True,
    }
    assert summary(home)[1] == ("2024-05-02", 1, 1, 1, "complete", True)
