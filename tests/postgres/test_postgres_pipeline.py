"""The whole pipeline with its ledger in PostgreSQL, whose connections may break at any moment."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import dagster as dg
import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text

from dropzone_assets.engine import rows
from dropzone_assets.inspect.query import open_query
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import ingest_with, make_home
from tests.samples import payment, payments

FILES = 12

EVERY = 41
"""Statements, so that it is another one each time."""

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
    """While it is set, all connections to the database break before every so many-th statement."""
    now, count = Event(), itertools.count(1)
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    name = database.rpartition("/")[2]

    def broken(connection: Connection, *_: object) -> None:
        if now.is_set() and connection.engine.url.database == name and next(count) % EVERY == 0:
            with engine.connect() as other:
                other.execute(text(DROP), {"name": name})

    event.listen(Engine, "before_cursor_execute", broken)
    yield now
    event.remove(Engine, "before_cursor_execute", broken)
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
    open_platform(settings).ledger.replays.reopen("")
    ingest_with(settings, instance)
    ingest_with(settings, instance)
    assert held(settings) == EXPECTED
    assert open_platform(settings).ledger.claims.pending() == 0
