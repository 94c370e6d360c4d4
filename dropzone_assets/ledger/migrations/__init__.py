"""Migrations: a ledger of an earlier release is brought to the shape of this one, by Alembic.

To change the schema, change `schema`, add a file to `versions` that makes the change in a ledger that is there, and
name it in `HEAD`. A test compares what the migrations make with `schema`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0002"
"""The newest file in `versions`."""

VERSION = "ledger_version"
"""The table that names the shape of a ledger. Alembic's own name for it is taken by Dagster, in a shared database."""

LOCK = 0x1ED6E2
"""PostgreSQL's name of the lock under which one process migrates."""


def migrate(engine: Engine) -> None:
    """Bring a ledger to the shape that this program works with, in one transaction; processes wait for each other."""
    with engine.connect() as connection:
        if _shape(connection) == HEAD:
            return
    with _alone(engine) as connection:
        if _shape(connection) != HEAD:
            _upgrade(connection)


def _shape(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION}"))
    return found


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other process of ours is in."""
    with engine.connect() as connection:
        # The driver of SQLite begins none for CREATE and ALTER, so that two processes would both find no table.
        begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else f"SELECT pg_advisory_xact_lock({LOCK})"
        connection.exec_driver_sql(begin)
        yield connection
        connection.commit()


def _upgrade(connection: Connection) -> None:
    from alembic.command import upgrade  # half a second that a ledger of this release does not need
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    upgrade(config, "head")
