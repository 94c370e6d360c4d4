"""Several at work at once, as by accident: the lake is the same, and nobody waits for ever."""

import multiprocessing
import warnings
from datetime import date
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from time import sleep

import dagster as dg
import pytest

from dropzone_assets.engine import attached, connect, rows
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.orchestration.ingest import QUIET, Ingester
from dropzone_assets.orchestration.instance import open_instance
from dropzone_assets.orchestration.runs import RANGE
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import make_home
from tests.samples import payment, payments
from tests.test_kill import broken_promises, finish, holdings

pytestmark = pytest.mark.long

DAYS = [date(2024, 5, day) for day in (1, 2, 3)]
WAVES = 4
PATIENCE = 240.0
"""Seconds after which somebody who is still at work is stuck."""


def daemon(home: Path, over: Event, instance: str = "dagster") -> None:
    """Looks, plans and runs until it is over, and knows nothing of others: no lock keeps two of them apart."""
    warnings.simplefilter("ignore")
    settings = Settings(home=home, dagster_home=str(home / instance))
    with open_instance(settings) as runs:
        last = False
        while not last:
            last = over.is_set()
            ingester = Ingester(open_platform(settings), runs)
            ingester.discover()
            for request in ingester.requests():
                ingester.run(request)
            ingester.close()


def stranger(home: Path, over: Event) -> None:
    """A daemon with runs of its own: it shares no pool, and takes batches whose runs it does not know for its own."""
    daemon(home, over, "elsewhere")


def backfill(home: Path, over: Event) -> None:
    """Loads and publishes the same days again and again, as somebody who presses Materialize does."""
    warnings.simplefilter("ignore")
    layers = ("raw", "validated", "quarantine", "lake", "summary")
    with open_instance(Settings(home=home)) as instance:
        while not over.is_set():
            definitions = build(Settings(home=home))
            dg.materialize(
                [*(definitions.assets or []), *(definitions.asset_checks or [])],  # type: ignore[list-item]
                selection=dg.AssetSelection.assets(*([layer, "transactions"] for layer in layers)),
                instance=instance,
                resources=definitions.resources,
                tags={RANGE[0]: str(DAYS[0]), RANGE[1]: str(DAYS[-1])},
                run_config=QUIET,
                raise_on_error=False,
            )


def reader(home: Path, over: Event) -> None:
    """Holds the warehouse for a moment, again and again."""
    warehouse = Settings(home=home).warehouse
    while not over.is_set():
        if warehouse.exists():
            connection = connect()
            with attached(connection, warehouse, read_only=True):
                rows(connection, "SELECT count(*) FROM duckdb_tables()")
                sleep(0.1)
            connection.close()
        sleep(0.05)


def wave(home: Path, number: int) -> None:
    """Every file comes, or comes again with other rows: some move to another day, one is a copy of another."""
    for n, day in enumerate(DAYS):
        lines = [payment(f"{n}-{k}", str(DAYS[(n + k * number) % 3]), 1 + number) for k in range(20 + number)]
        (home / "dropzone" / f"payments_{day:%Y%m%d}_100000.csv").write_text(payments(*lines, payment("", "?")))
    copy = (home / "dropzone" / f"payments_{DAYS[number % 3]:%Y%m%d}_100000.csv").read_bytes()
    (home / "dropzone" / "payments_20240502_110000.csv").write_bytes(copy)


def start(home: Path, over: Event, *works: object) -> list[ForkServerProcess]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_concurrency"])
    processes = [context.Process(target=work, args=(home, over)) for work in works]  # type: ignore[arg-type]
    for process in processes:
        process.start()
    return processes


def test_two_daemons_a_backfill_and_a_reader_leave_the_lake_that_one_would_leave(tmp_path: Path) -> None:
    alone, shared = make_home(tmp_path / "alone"), make_home(tmp_path / "shared")
    over = multiprocessing.get_context("forkserver").Event()
    processes = start(shared, over, daemon, stranger, backfill, reader)
    for number in range(WAVES):
        wave(shared, number)
        sleep(5)
    over.set()
    for process in processes:
        process.join(PATIENCE)
        assert process.exitcode == 0, "stuck, or died"
    finish(shared)
    wave(alone, WAVES - 1)
    finish(alone)
    assert broken_promises(shared) == []
    assert holdings(shared) == holdings(alone)
