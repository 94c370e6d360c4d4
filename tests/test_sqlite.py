"""SQLite files that stay open: nobody waits for the disk, and other processes see every event."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, text

from dropzone_assets import sqlite


@pytest.fixture
def kept() -> Iterator[sqlite._Kept]:
    """Files are kept open for the length of a test."""
    kept = sqlite._Kept()
    event.listen(Engine, "connect", kept.opened)
    yield kept
    event.remove(Engine, "connect", kept.opened)
    for connection in kept._open.values():
        connection.close()


def written(file: Path) -> None:
    """One row, in a connection of its own, as Dagster writes its events."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS t (x)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))


def test_a_file_is_written_ahead_and_its_log_is_not_folded_back_at_every_close(
    kept: sqlite._Kept, tmp_path: Path
) -> None:
    for _ in range(3):
        written(tmp_path / "events.db")
    assert (tmp_path / "events.db-wal").stat().st_size > 0
    read = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT sum(x) FROM t').fetchall())"
    command = [sys.executable, "-c", read, str(tmp_path / "events.db")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "[(3,)]\n"


def test_files_used_long_ago_are_let_go(kept: sqlite._Kept, tmp_path: Path) -> None:
    for number in range(sqlite.KEPT + 3):
        written(tmp_path / f"{number}.db")
    assert [Path(file).stem for file in kept._open] == [str(number) for number in range(3, sqlite.KEPT + 3)]
    assert len(list(tmp_path.glob("*-wal"))) == sqlite.KEPT


def test_what_is_in_memory_is_left_alone(kept: sqlite._Kept) -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT 1"))
    assert not kept._open


def test_what_was_written_is_there_after_the_process_was_killed(tmp_path: Path) -> None:
    script = (
        "import os, signal; from pathlib import Path; from dropzone_assets.sqlite import write_ahead; "
        f"from tests.test_sqlite import written; write_ahead(); written(Path({str(tmp_path / 'e.db')!r})); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[1], check=False)
    connection = sqlite3.connect(tmp_path / "e.db")
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(1,)]
    connection.close()
