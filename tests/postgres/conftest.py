"""A real PostgreSQL for the length of the session, a database for each test, all of which are `postgres`."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from dropzone_assets.ledger import Ledger, open_ledger
from tests.servers.debian import free_port
from tests.servers.process import missing, running

NOBODY = 65534
"""PostgreSQL refuses to run as root."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.postgres)


def program(name: str) -> str:
    """A program of the newest PostgreSQL; Debian keeps them apart from the others."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        missing(f"{name} is not installed")
    return str(found[-1])


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of the server, without a database."""
    folder = Path(tempfile.mkdtemp(prefix="dropzone-"))
    root = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    if root:
        os.chown(folder, NOBODY, NOBODY)
    made = [*root, program("initdb"), "-D", str(folder / "data"), "-U", "dropzone", "-A", "trust"]
    subprocess.run(made, check=True, capture_output=True, cwd="/")
    port = free_port()
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    with running(
        [*root, program("postgres"), "-D", str(folder / "data"), *options], port, folder.parent / "pg.log", 20
    ):
        yield f"postgresql+psycopg2://dropzone@127.0.0.1:{port}"
    shutil.rmtree(folder)


@pytest.fixture
def database(server: str) -> str:
    """The URL of an empty database."""
    name = f"ledger_{uuid4().hex}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """In place of the ledger that other tests have."""
    ledger = open_ledger(database)
    yield ledger
    ledger.engine.dispose()
