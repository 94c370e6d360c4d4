"""A home has a format: this program takes over the homes of all released versions, and refuses those of newer ones."""

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
from dropzone_assets.steps.generations import stopped
from dropzone_assets.upkeep.losses import losses

RELEASED = sorted((Path(__file__).parent / "homes").glob("*.tar.gz"))
"""A small home of each released version, as its own `dropzone ingest` left it."""


@pytest.fixture(params=RELEASED, ids=[file.name.removesuffix(".tar.gz") for file in RELEASED])
def home(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path / "home", filter="data")
    monkeypatch.setenv("DROPZONE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "1000")
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path) -> Iterator[Platform]:
    platform = open_platform(Settings(home=home))
    yield platform
    platform.ledger.engine.dispose()


def ask(*line: str) -> Result:
    return CliRunner().invoke(app, line)


def test_a_home_of_a_released_version_is_signed_when_it_is_opened(opened: Platform) -> None:
    assert losses(opened) == []
    assert opened.ledger.home.all()["format"] == str(FORMAT)


def test_a_warehouse_that_an_earlier_version_lost_is_named(opened: Platform) -> None:
    opened.settings.warehouse.unlink()
    assert [loss.store for loss in losses(opened)] == ["warehouse"]


@pytest.mark.parametrize("line", ["status", "ingest", "rebuild", "verify", "explain x", "replay"])
def test_a_ledger_of_a_newer_program_is_refused_in_a_sentence(opened: Platform, line: str) -> None:
    with opened.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE home SET value = '7' WHERE name = 'format'")
    error = ask(*line.split()).exception
    assert isinstance(error, NewerHome)
    assert f"has format 7, and this program knows {FORMAT}. Upgrade it: pip install -U dropzone-assets." in str(error)


def test_a_warehouse_of_a_newer_program_is_refused_in_a_sentence(opened: Platform) -> None:
    with attached(connection := opened.connect(), opened.settings.warehouse, read_only=False):
        connection.execute("CREATE TABLE warehouse.dropzone.home AS SELECT 'format' AS name, '7' AS value")
    with pytest.raises(NewerHome, match="the warehouse has format 7"):
        stopped(opened)
