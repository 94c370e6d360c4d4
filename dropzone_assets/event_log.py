"""Dagster's event log in SQLite, on connections that stay open: opening one costs ten times what an event does."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

INDEX = "index"
"""The database of what is asked across runs; every run has one of its own beside it."""

KEPT = 4
"""Databases that stay open."""

Opened = Callable[[], AbstractContextManager[Connection]]


class EventLog(SqliteEventLogStorage):
    """What Dagster ships, with other connections: it opens and closes a database for each event, which syncs the disk.

    Like the ledger it survives the death of a process; after a power cut the last moments of the history may be gone.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._open: OrderedDict[str, Engine] = OrderedDict()
        self._turn = Lock()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        """As `dagster.yaml` says."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> Any:
        """The database of one run."""
        return self._connected(str(run_id), lambda: super(EventLog, self).run_connection(run_id))

    def index_connection(self) -> Any:
        """The database across runs."""
        return self._connected(INDEX, super().index_connection)

    def has_table(self, table_name: str) -> bool:
        """Whether there is such a table across runs; one that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def wipe(self) -> None:
        """Forget everything."""
        self._let_go(0)
        super().wipe()

    def dispose(self) -> None:
        """Close what is open."""
        self._let_go(0)
        super().dispose()

    @contextmanager
    def _connected(self, name: str, first: Opened) -> Iterator[Connection]:
        with self._turn:
            if name not in self._open:
                with first():  # makes the database where there is none
                    pass
                self._open[name] = _engine(self.conn_string_for_shard(name))
            self._open.move_to_end(name)
            self._let_go(KEPT)
            with self._open[name].connect() as connection, connection.begin():
                yield connection

    def _let_go(self, most: int) -> None:
        """Close all but those that were used last."""
        while len(self._open) > most:
            self._open.popitem(last=False)[1].dispose()


def _engine(url: str) -> Engine:
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": 60, "check_same_thread": False})
    event.listen(engine, "connect", _relax)
    return engine


def _relax(connection: Any, _record: object) -> None:
    """As the ledger does; Dagster has set write-ahead logging."""
    connection.execute("PRAGMA synchronous = NORMAL")
