"""Kill the process anywhere, start it again: the lake is the same."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import warnings
from datetime import date, datetime, timedelta
from hashlib import md5
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from dropzone_assets.demo.flights import write_flights
from dropzone_assets.demo.generators import GENERATORS
from dropzone_assets.engine import quote, rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger.arrivals import Arrivals
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.ledger.retirement import Retirement
from dropzone_assets.ledger.states import PENDING
from dropzone_assets.orchestration.instance import open_instance
from dropzone_assets.platform import open_platform
from dropzone_assets.proof import check_results
from dropzone_assets.settings import Settings
from dropzone_assets.sources.folder import Folder
from dropzone_assets.store import Store
from tests.conftest import ingest_home, make_home
from tests.samples import payment, payments
from tests.test_arrivals import packed, put, there

pytestmark = pytest.mark.full

POINTS = {
    "with bytes that the ledger does not know of": (Deliveries, "fetched"),
    "after the warehouse, before the ledger": (Partitions, "touched"),
    "between the two books of the ledger": (Deliveries, "loaded"),
    "before the old version is superseded": (Deliveries, "superseded"),
    "before what was linked is done with": (Deliveries, "done_with"),
    "after the lake, before the ledger": (Partitions, "published"),
    "before what came in is due": (Partitions, "ingestion_changed"),
    "before an emptied partition is gone": (Store, "delete"),
}

WORST = "between the two books of the ledger"

ARRIVALS = {
    "with members that the ledger does not know of": (Arrivals, "record"),
    "with members that are not of the new archive yet": (Arrivals, "brought"),
    "before an archive is said to be opened": (Deliveries, "settled"),
    "before a file is said to leave": (Retirement, "mark"),
    "before the file leaves": (Folder, "move"),
    "after the file has left": (Folder, "move", "after"),
    "before the members that are replaced are superseded": (Deliveries, "superseded"),
}

A, B, C = (f"payments_2024050{day}_100000.csv" for day in (1, 2, 3))

Found = dict[str, list[tuple[Any, ...]]]


def work(home: Path, started: Connection, point: str) -> None:
    """What `dropzone ingest` does, in a process group of its own, until it ends or comes to `point`."""
    os.setsid()
    warnings.simplefilter("ignore")
    if point:
        owner, name, *after = {**POINTS, **ARRIVALS}[point]
        whole = getattr(owner, name) if after else print
        setattr(owner, name, lambda *of: (whole(*of), os.killpg(os.getpid(), signal.SIGKILL)))
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
        for table in {row.table_name for row in platform.ledger.queries.everything()}:
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
    deliveries = platform.ledger.queries.everything()
    days = {
        table: sorted({d.file_date for d in deliveries if d.table_name == table}) for table in platform.contracts.tables
    }
    asked = (check_results.files_conserved, check_results.partitions_conserved, check_results.lake_equals_warehouse)
    wrong: list[object] = [row.path for row in deliveries if row.state in PENDING]
    wrong += [*platform.ledger.partitions.due(), *platform.ledger.partitions.unsummarised()]
    wrong += [ask for t, c in platform.contracts.tables.items() for ask in asked if not ask(platform, c, days[t]).kept]
    platform.ledger.engine.dispose()
    return wrong


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


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
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


@pytest.mark.parametrize(
    "point", [WORST, *(pytest.param(one, marks=pytest.mark.long) for one in POINTS if one != WORST)]
)
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


BUCKET = "bucket_2024-05-01.json"


def send(home: Path, amount: int) -> None:
    """A zip with a zip in it, a file for several tables, and a sidecar."""
    inner = packed({B: payments(payment("b", "2024-05-02", amount)), "what is this.txt": "?"})
    put(home, "day.zip", packed({A: payments(payment("a", amount=amount)), "inner.zip": inner}))
    put(home, "good.zip", packed({C: payments(payment("c", "2024-05-03", amount))}))
    song = {"type": "song", "data": {"title": f"Heroes {amount}", "artist": "David Bowie"}}
    movie = {"type": "movie", "data": {"original_title": f"Alien {amount}"}}
    content = json.dumps([song, movie] if amount == 1 else [song]).encode()
    put(home, f"{BUCKET}.md5", md5(content).hexdigest().encode())
    put(home, BUCKET, content)


KEPT = (
    "SELECT transaction_id, transaction_ts::DATE, amount FROM lake.transactions ORDER BY ALL",
    "SELECT title FROM lake.songs ORDER BY ALL",
    "SELECT original_title FROM lake.movies ORDER BY ALL",
)
"""What does not depend on when it arrived."""


def kept(home: Path) -> tuple[object, ...]:
    """The rows of the lake, the states of the files, and the places where they are."""
    with open_query(platform := open_platform(Settings(home=home))) as connection:
        found = [rows(connection, asked) for asked in KEPT]
    states = sorted((row.path, row.state) for row in platform.ledger.queries.everything())
    return found, states, there(home)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has opened files, and whose files have left."""
    home = make_home(tmp_path_factory.mktemp("opened") / "home")
    entry = "{name: dropzone, url: dropzone, settle_seconds: 0, after: move, move_to: done}"
    (home / "sources.yaml").write_text(f"sources:\n  - {entry}\n")
    send(home, 1)
    finish(home)
    return home


@pytest.fixture(scope="module")
def sent_again(opened: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """What that home keeps after all was sent again with other bytes, when nobody kills it."""
    home = tmp_path_factory.mktemp("sent_again") / "home"
    shutil.copytree(opened, home)
    send(home, 2)
    finish(home)
    assert broken_promises(home) == []
    assert there(home) == ["day.zip", f"done/{BUCKET}", f"done/{BUCKET}.md5", "done/good.zip"]
    return kept(home)


@pytest.mark.long
@pytest.mark.parametrize("point", ARRIVALS)
def test_killed_while_files_are_opened_or_leave_nothing_is_lost_or_doubled(
    point: str, opened: Path, sent_again: tuple[object, ...], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(opened, home)
    send(home, 2)
    process = start(home, point)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    finish(home)
    assert broken_promises(home) == []
    assert kept(home) == sent_again
