"""Writing in the ledger: one writer at a time, in every database, so that what a writer reads first is still true."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select

WRITERS = 0x64726F70
"""The advisory lock of PostgreSQL that whoever writes in the ledger of a database holds."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that begins when no other writer is at work, and is committed when the block ends well.

    What happens to deliveries is several statements: entries in the journal, the change, what it frees. Writers of
    PostgreSQL would see each other between two of them, and could wait for each other for ever.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # sqlite3 would begin at the first change, after what is read
        else:
            connection.execute(select(func.pg_advisory_xact_lock(WRITERS)))
        yield connection
