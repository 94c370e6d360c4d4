"""Kill the process anywhere, start it again: the lake is the same."""

import multiprocessing
import os
import random
import shutil
import signal
import warnings
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.demo.generators import GENERATORS
from dropzone_assets.engine import quote, rows
from dropzone_assets.instance import open_instance
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.ledger.schema import PENDING
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.steps import questions
from dropzone_assets.steps.query import open_query
from dropzone_assets.store import Store
from tests.conftest import ingest_home, make_home
from tests.samples import payment, payments

pytestmark = pytest.mark.full

POINTS = {
    "with bytes that the ledger does not know of": (Deliveries, "fetched"),
    "after the warehouse, before the ledger": (Partitions, "touched"),
    "between the two books of the ledger": (Deliveries, "loaded"),
    "before the old version is superseded": (Deliveries, "superseded"),
    "before links are loosened": (Deliveries, "unlink"),
    "after the lake, before the ledger": (Partitions, "published"),
    "before what came in is due": (Partitions, "ingestion_changed"),
    "before an emptied partition is gone": (Store, "delete"),
}

A, B, C = (f"payments_2024050{day}_100000.csv" for day in (1, 2, 3))

Found = dict[str, list[tuple[Any, ...]]]


def work(home: Path, started: Connection, point: str) -> None:
    """What `dropzone ingest` does, in a process group of its own, until it ends or comes to `point`."""
    os.setsid()
    warnings.simplefilter("ignore")
    if point:
        owner, name = POINTS[point]
        setattr(owner, name, lambda *_: os.killpg(os.getpid(), signal.SIGKILL))
    started.send(os.getpid())
    with open_instance(Settings(home=home)) as instance:
        ingest_home(home, instance)


def start(home: Path, point: str = "") -> ForkServerProcess:
    """Another process at work; it is past its imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_kill"])
    here, there = context.Pipe()
    process = context.Process(target=work, args=(home, there, point))
    process.start()
    assert here.recv() == process.pid
    return process


def finish(home: Path) -> None:
    """Ingest again."""
    with open_instance(Settings(home=home)) as instance:
        ingest_home(home, instance)


def holdings(home: Path) -> Found:
    """Everything the tables hold: the contracts' own columns per day as count and checksum, refusals, answers."""
    platform = open_platform(Settings(home=home))
    found: Found = {}
    with open_query(platform) as connection:
        for table in {row.table_name for row in platform.ledger.deliveries.everything()}:
            contract = platform.contract(table)
            own = ", ".join(quote(column.name) for column in contract.columns)
            for name in (f"lake.{table}", f"validated.{table}"):
                asked = f"SELECT _data_date, count(*), sum(hash({own})) FROM {name} GROUP BY ALL ORDER BY ALL"
                found[name] = rows(connection, asked)
            refused = f"SELECT file, record, reasons FROM quarantine.{table} ORDER BY ALL"
            found[f"quarantine.{table}"] = rows(connection, refused)
            found[f"summary.{table}"] = sorted(rows(connection, f"SELECT * FROM summary.{table}"), key=str)
        found["summary.ingestion"] = rows(connection, "SELECT * FROM summary.ingestion ORDER BY ALL")
    return found


def broken_promises(home: Path) -> list[object]:
    """Deliveries pending, partitions due, checks that do not hold, files that should not be there."""
    platform = open_platform(Settings(home=home))
    deliveries = platform.ledger.deliveries.everything()
    days = {
        table: sorted({d.file_date for d in deliveries if d.table_name == table}) for table in platform.contracts.tables
    }
    asked = (questions.files_conserved, questions.partitions_conserved, questions.lake_equals_warehouse)
    wrong: list[object] = [row.path for row in deliveries if row.state in PENDING]
    wrong += [*platform.ledger.partitions.due(), *platform.ledger.partitions.unsummarised()]
    wrong += [ask for t, c in platform.contracts.tables.items() for ask in asked if not ask(platform, c, days[t]).kept]
    platform.ledger.engine.dispose()
    return wrong


# -- at any moment -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of two tables, the same for every test."""
    folder = tmp_path_factory.mktemp("files")
    write_flights(folder, [date(2013, 1, 1) + timedelta(days=n) for n in range(2)])
    for n in range(2):
        GENERATORS["vehicle_events"](folder, datetime(2024, 5, 1 + n, 8, 30), 60, n)
    return folder


def a_home(path: Path, files: Path) -> Path:
    """A home whose dropzone holds copies of the files, with their times."""
    home = make_home(path)
    shutil.copytree(files, home / "dropzone", dirs_exist_ok=True)
    return home


def progress(home: Path) -> int:
    """How many files an ingest has made so far."""
    return sum(path.is_file() for part in ("raw", "lake") for path in (home / part).rglob("[!.]*"))


@pytest.fixture(scope="module")
def undisturbed(files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, int]:
    """What an ingest that nobody kills leaves, and how many files it makes."""
    home = a_home(tmp_path_factory.mktemp("undisturbed") / "home", files)
    process = start(home)
    process.join()
    assert process.exitcode == 0
    assert broken_promises(home) == []
    return holdings(home), progress(home)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_and_started_again_it_leaves_the_same_lake(
    seed: int, files: Path, undisturbed: tuple[Found, int], tmp_path: Path
) -> None:
    expected, made = undisturbed
    home, dice = a_home(tmp_path / "home", files), random.Random(seed)
    for moment in sorted(dice.sample(range(int(made * 0.8)), 2)):
        process = start(home)
        while progress(home) < moment:
            sleep(0.002)
        sleep(dice.uniform(0, 0.2))
        assert process.is_alive()
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        assert process.exitcode == -signal.SIGKILL
    finish(home)
    assert broken_promises(home) == []
    assert holdings(home) == expected


# -- at one exact moment -----------------------------------------------------------------------------------------------


def restate(home: Path) -> None:
    """Rows of one file move to other days, one day loses its last row, another file's bytes are no longer a copy."""
    (home / "dropzone" / A).write_text(payments(payment("a"), payment("moved", "2024-05-04"), payment("", "?")))
    (home / "dropzone" / C).write_text(payments(payment("c", "2024-05-03")))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has ingested two files, one of them a copy of the other."""
    home = make_home(tmp_path_factory.mktemp("begun") / "home")
    for name in (A, B):
        text = payments(payment("a"), payment("moved", "2024-05-02"))
        (home / "dropzone" / name).write_text(text)
    with open_instance(Settings(home=home)) as instance:
        ingest_home(home, instance)
    return home


@pytest.fixture(scope="module")
def restated(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What that home holds after the files were restated, when nobody kills it."""
    home = tmp_path_factory.mktemp("restated") / "home"
    shutil.copytree(begun, home)
    restate(home)
    finish(home)
    assert broken_promises(home) == []
    return holdings(home)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_an_exact_point_and_started_again_it_leaves_the_same_lake(
    point: str, begun: Path, restated: Found, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(begun, home)
    restate(home)
    process = start(home, point)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    finish(home)
    assert broken_promises(home) == []
    assert holdings(home) == restated
