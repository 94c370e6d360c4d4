"""A home has a format: this program takes over the homes of all released versions, and refuses those of newer ones."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.engine import attached
from dropzone_assets.errors import NewerHome
from dropzone_assets.generation import FORMAT
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.losses import losses
from tests.conftest import Query

RELEASED = sorted((Path(__file__).parent / "homes").glob("*.tar.gz"))
"""A small home of each released version, as its own `dropzone ingest` left it."""


@pytest.fixture(params=RELEASED, ids=[file.name.removesuffix(".tar.gz") for file in RELEASED])
def home(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path / "home", filter="data")
    monkeypatch.setenv("DROPZONE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path) -> Iterator[Platform]:
    platform = open_platform(Settings(home=home))
    yield platform
    platform.ledger.engine.dispose()


def ask(*line: str) -> Result:
    return CliRunner().invoke(app, line)


@pytest.mark.full
def test_a_home_of_a_released_version_goes_on_as_if_nothing_had_happened(home: Path, query: Query) -> None:
    before = query("SELECT id, amount FROM lake.visits ORDER BY id")
    document = json.loads(ask("status", "--json").stdout)
    assert document["lost"] == []
    assert [(t["loaded"], t["due"]) for t in document["tables"] if t["table"] == "visits"] == [(4, 0)]
    (home / "dropzone" / "visits_20240504.csv").write_text("id,day,amount\n8,2024-05-04,8.00\n")
    (home / "dropzone" / "visits_20240501.csv").write_text("id,day,amount\n1,2024-05-01,1.75\n")
    came = json.loads(ask("ingest", "--json").stdout)
    assert (came["lost"], came["runs_failed"], [f["file"] for f in came["failures"]]) == ([], [], ["unknown.txt"])
    after = query("SELECT id, amount::VARCHAR FROM lake.visits ORDER BY id")
    assert [row[0] for row in before] == [1, 2, 4, 5, 6, 7]
    assert after == [(1, "1.75"), (4, "4.00"), (5, "5.55"), (6, "6.00"), (7, "7.00"), (8, "8.00")]
    said = ask("verify")
    assert said.exit_code == 0, said.output
    (home / "warehouse.duckdb").unlink()
    said = ask("rebuild")
    assert said.exit_code == 0, said.output
    assert query("SELECT id, amount::VARCHAR FROM lake.visits ORDER BY id") == after


def test_a_home_of_a_released_version_is_signed_when_it_is_opened(opened: Platform) -> None:
    assert losses(opened) == []
    assert opened.ledger.home.all()["format"] == str(FORMAT)


def test_a_warehouse_that_an_earlier_version_lost_is_named(opened: Platform) -> None:
    opened.settings.warehouse.unlink()
    assert [loss.store for loss in losses(opened)] == ["warehouse"]


LINES = (
    *("status", "status --failed", "status --files", "ingest", "rebuild", "verify", "replay", "explain x", "retract x"),
    *("quarantine visits", "trace visits", "query SELECT(1)", "backup kept", "up --port 0"),
)
"""Every command that looks at what a home holds."""


def demand_refusal(line: str, where: str) -> None:
    error = ask(*line.split()).exception
    assert isinstance(error, NewerHome), repr(error)
    said = f"{where} has format 7, and this program knows {FORMAT}. Upgrade it: pip install -U dropzone-assets."
    assert said in str(error)


@pytest.mark.parametrize("line", LINES)
def test_a_home_of_a_newer_program_is_refused_in_a_sentence(
    opened: Platform, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(opened.settings.home)
    with opened.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE home SET value = '7' WHERE name = 'format'")
    demand_refusal(line, "ledger.sqlite")


@pytest.mark.parametrize("line", ["status", "ingest", "rebuild", "verify", "quarantine visits", "query SELECT(1)"])
def test_a_warehouse_of_a_newer_program_is_refused_in_a_sentence(opened: Platform, line: str) -> None:
    with attached(connection := opened.connect(), opened.settings.warehouse, read_only=False):
        connection.execute("CREATE TABLE warehouse.dropzone.home AS SELECT 'format' AS name, '7' AS value")
    demand_refusal(line, "warehouse.duckdb")
