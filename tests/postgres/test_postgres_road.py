"""The whole road with its ledger in PostgreSQL, whose connections may break at any moment."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import dagster as dg
import pytest
from sqlalchemy import create_engine, text

from dropzone_assets.engine import rows
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.steps.query import open_query
from tests.conftest import ingest_with, make_home
from tests.samples import payment, payments

FILES = 12

DROP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    home = make_home(tmp_path / "home")
    for n in range(FILES):
        text = payments(payment(f"{n}"), payment("both", "2024-05-02", n), payment("", "?"))
        (home / "dropzone" / f"payments_202405{1 + n:02}_100000.csv").write_text(text)
    return Settings(home=home, ledger_url=database)


@pytest.fixture
def breaking(server: str, database: str) -> Iterator[Event]:
    """Once it is set, somebody breaks all connections to the database, again and again, until it is cleared."""
    now, over = Event(), Event()
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")

    def work() -> None:
        with engine.connect() as connection:
            while not over.wait(0.15):
                if now.is_set():
                    connection.execute(text(DROP), {"name": database.rpartition("/")[2]})

    thread = Thread(target=work)
    thread.start()
    yield now
    over.set()
    thread.join()
    engine.dispose()


def held(settings: Settings) -> list[tuple[str, int]]:
    platform = open_platform(settings)
    with open_query(platform) as connection:
        found = rows(connection, "SELECT transaction_id, amount::INTEGER FROM lake.transactions ORDER BY ALL")
    platform.ledger.engine.dispose()
    return [(name, amount) for name, amount in found]


EXPECTED = sorted([*((f"{n}", 5) for n in range(FILES)), ("both", 0)])


def test_everything_is_ingested(settings: Settings, instance: dg.DagsterInstance) -> None:
    ingest_with(settings, instance)
    assert held(settings) == EXPECTED
    assert ingest_with(settings, instance).runs == []


def test_connections_that_break_lose_nothing_and_double_nothing(
    settings: Settings, instance: dg.DagsterInstance, breaking: Event
) -> None:
    breaking.set()
    broken = 0
    for _ in range(5):
        try:
            broken += len(ingest_with(settings, instance, well=False).failed_runs)
        except Exception:  # noqa: BLE001 - whatever breaks, it is started again
            broken += 1
    breaking.clear()
    assert broken, "nothing broke"
    open_platform(settings).ledger.deliveries.reopen("")
    ingest_with(settings, instance)
    ingest_with(settings, instance)
    assert held(settings) == EXPECTED
    assert open_platform(settings).ledger.deliveries.pending() == 0
