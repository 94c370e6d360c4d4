"""Dagster's SQLite files, written ahead and kept open: an event costs a tenth of a millisecond instead of several.

Dagster opens a connection for every event and closes it again. Whoever closes the last connection to a file folds its
log back into it and waits for the disk; a connection that stays open spares that. What is committed survives the death
of any process; after a power cut the last moments of Dagster's runs may be missing, none of the ledger's
(docs/guarantees.md).
"""

import sqlite3
from collections import OrderedDict
from functools import cache
from threading import Lock
from time import monotonic, sleep

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from dropzone_assets import damage
from dropzone_assets.errors import DropzoneError

KEPT = 16
"""Files that stay open in a process; each run has one of its own."""

PATIENCE, PACE = 60, 0.02
"""Seconds that a file may be held by another process when it is opened, and between two tries."""

UNREADABLE = (DBAPIError, DropzoneError)
"""What is raised by a database that does not answer, be it the ledger's or Dagster's."""


@cache
def write_ahead() -> None:
    """Let this process write its SQLite files ahead, whatever opens them through SQLAlchemy from now on."""
    event.listen(Engine, "connect", _Kept().opened)


def share(connection: sqlite3.Connection, _record: object = None) -> None:
    """Write-ahead logging lets one read while another writes (https://sqlite.org/wal.html)."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # SQLite does not wait here, as it does everywhere else
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(PACE)
    connection.execute("PRAGMA synchronous = NORMAL")


def wait_for_disk(connection: sqlite3.Connection, _record: object = None) -> None:
    """What is committed here is on the disk (https://sqlite.org/pragma.html#pragma_synchronous)."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")


def translate(context: ExceptionContext) -> None:
    """What SQLite says of the ledger's file, as ours (an event of SQLAlchemy's)."""
    file = context.engine.url.database if context.engine else ""
    if ours := damage.as_ours(file or "the ledger", str(context.original_exception), damage.LEDGER):
        raise ours from context.original_exception


class _Kept:
    """One idle connection to each of the files used last."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, sqlite3.Connection] = OrderedDict()
        self._lock = Lock()

    def opened(self, connection: object, _record: object) -> None:
        """A connection was opened: it does not wait for the disk, and is not the last to its file."""
        if not isinstance(connection, sqlite3.Connection):
            return
        file = str(connection.execute("PRAGMA database_list").fetchall()[0][2])
        if file:
            share(connection)
            self._keep(file)

    def _keep(self, file: str) -> None:
        with self._lock:
            if file not in self._open:
                self._open[file] = sqlite3.connect(file, check_same_thread=False)
                # A file is open once it is read.
                self._open[file].execute("SELECT count(*) FROM sqlite_master").fetchall()
            self._open.move_to_end(file)
            while len(self._open) > KEPT:
                self._open.popitem(last=False)[1].close()
