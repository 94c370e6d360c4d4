"""Opening the ledger: SQLite by default, any SQLAlchemy URL otherwise."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.schema import CreateColumn

from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.looks import Looks
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.ledger.schema import metadata
from dropzone_assets.ledger.standings import Standings


class Ledger:
    """Four books in one database: `deliveries`, `partitions`, `looks` and `standings`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.deliveries = Deliveries(engine)
        self.partitions = Partitions(engine)
        self.looks = Looks(engine)
        self.standings = Standings(engine)


def open_ledger(url: str) -> Ledger:
    """Open the ledger at a SQLAlchemy URL and create its tables where they are missing."""
    if make_url(url).get_backend_name() == "sqlite":
        Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": 60})
        event.listen(engine, "connect", _share)
    else:
        engine = create_engine(url, pool_pre_ping=True)
    metadata.create_all(engine)
    _grow(engine)
    return Ledger(engine)


def _grow(engine: Engine) -> None:
    """Add the columns and indexes that a ledger of an earlier version lacks."""
    found = inspect(engine)
    for table in metadata.sorted_tables:
        held = {column["name"] for column in found.get_columns(table.name)}
        for column in [column for column in table.columns if column.name not in held]:
            with engine.begin() as connection:
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {CreateColumn(column).compile(engine)}"))
        for index in table.indexes:
            index.create(engine, checkfirst=True)


def _share(connection: Any, _record: object) -> None:
    """Write-ahead logging lets the sensor read while a run writes (https://sqlite.org/wal.html)."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
