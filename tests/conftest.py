"""A small platform of its own for every test: a home with the shipped contracts, and the ways into it."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dropzone_assets.cli import show
from dropzone_assets.engine import rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger import Ledger, open_ledger
from dropzone_assets.orchestration.ingest import Ingested, open_ingester
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.direct import everything, ingest_directly

CONTRACTS = Path(__file__).parents[1] / "data" / "contracts"

Ingest = Callable[..., Ingested]
Drop = Callable[[str, str], Path]
Query = Callable[[str], list[tuple[Any, ...]]]


def make_home(home: Path) -> Path:
    """A home with the shipped contracts, whose one source believes that every file is finished."""
    shutil.copytree(CONTRACTS, home / "contracts")
    (home / "dropzone").mkdir()
    (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n")
    return home


def ingest_home(home: Path, instance: dg.DagsterInstance, *, well: bool = True) -> Ingested:
    """Ingest what is new in a home that has no settings but its place."""
    return ingest_with(Settings(home=home), instance, well=well)


def ingest_with(settings: Settings, instance: dg.DagsterInstance, *, well: bool = True) -> Ingested:
    """What `dropzone ingest` does; `well`: every run must succeed."""
    platform = open_platform(settings)
    with open_ingester(platform, instance) as ingester:
        return everything(ingester, well=well)


def pytest_collection_finish() -> None:
    """Nothing of what is imported will be let go: to look through it again and again costs a tenth of all time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set in the shell of a developer is not set here."""
    for name in [name for name in os.environ if name.startswith(("DROPZONE_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    for console in (show.out, show.err):
        monkeypatch.setattr(console, "_width", 1000)  # no sentence is cut


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_home(tmp_path / "home")


@pytest.fixture
def platform(home: Path) -> Iterator[Platform]:
    platform = open_platform(Settings(home=home))
    yield platform
    platform.ledger.engine.dispose()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/new/ledger.sqlite")
    yield ledger
    ledger.engine.dispose()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def ingest(home: Path, instance: dg.DagsterInstance, request: pytest.FixtureRequest) -> Ingest:
    """Everything new, now; with `well=False` runs may fail."""
    way = ingest_directly if request.node.get_closest_marker("direct") else ingest_home
    return lambda well=True: way(home, instance, well=well)


@pytest.fixture
def drop(home: Path) -> Drop:
    """Put a file into the dropzone; its path."""

    def drop(name: str, text: str) -> Path:
        file = home / "dropzone" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return drop


@pytest.fixture
def query(home: Path) -> Query:
    """Ask the warehouse and the lake, with the contracts as they are now."""

    def query(sql: str) -> list[tuple[Any, ...]]:
        with open_query(open_platform(Settings(home=home))) as connection:
            return rows(connection, sql)

    return query
