"""A home with two days of rows, what is done to its stores, and what is asked of them afterwards."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dropzone_assets.pipeline.discover import discover
from dropzone_assets.upkeep.losses import losses
from dropzone_assets.upkeep.rebuild import Rebuild
from tests.conftest import CONTRACTS
from tests.pipeline import A, B, Pipeline, of
from tests.samples import payment, payments

C = "payments_20240501_110000.csv"

ALL = ["a", "b", "c", "z"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one table."""
    home = tmp_path / "home"
    (home / "contracts").mkdir(parents=True)
    shutil.copy(CONTRACTS / "transactions.odcs.yaml", home / "contracts")
    (home / "dropzone").mkdir()
    (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n")
    return home


@pytest.fixture
def loaded(home: Path) -> Pipeline:
    """Two days of rows, one of them of two files."""
    files = {A: of("a", "b"), B: payments(payment("z", "2024-05-02")), C: of("c")}
    for name, text in files.items():
        (home / "dropzone" / name).write_text(text)
    pipeline = Pipeline(home)
    pipeline.open()
    pipeline.load()
    pipeline.bring_up_to_date()
    return pipeline


def reopened(pipeline: Pipeline) -> Pipeline:
    """The same home, as another process finds it."""
    pipeline.platform.ledger.engine.dispose()
    return Pipeline(pipeline.platform.settings.home)


def rebuilt(pipeline: Pipeline) -> Rebuild:
    """What `dropzone rebuild` does, without Dagster."""
    work = Rebuild(pipeline.platform)
    work.prepare()
    pipeline.load()
    pipeline.bring_up_to_date()
    return work


def again(pipeline: Pipeline) -> None:
    """Look, and load what is new."""
    discover(pipeline.platform, "dropzone")
    pipeline.load()


def stores(pipeline: Pipeline) -> set[str]:
    return {loss.store for loss in losses(pipeline.platform)}


def copy_of(home: Path, name: str) -> Path:
    """A copy of a store, to be put back later."""
    kept = home.parent / f"{name}.kept"
    if name.endswith(".sqlite"):
        with closing(sqlite3.connect(home / name)) as connection:  # what is only written ahead is not in the file yet
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    (shutil.copytree if (home / name).is_dir() else shutil.copy)(home / name, kept)
    return kept


def put_back(home: Path, name: str) -> None:
    kept, location = home.parent / f"{name}.kept", home / name
    if kept.is_dir():
        shutil.rmtree(location)
        shutil.copytree(kept, location)
    else:
        location.unlink(missing_ok=True)
        shutil.copy(kept, location)
