"""Signs of life: a file per run, locked by the process of the run as long as it lives, with its pid inside.

The lock is the operating system's, so it ends with the process, however that ends, and no other process that is given
the same pid is taken for it, in whatever process one asks.
"""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO


@contextmanager
def alive(heartbeat: Path) -> Iterator[None]:
    """Give a sign of life for the length of the block."""
    with give(heartbeat):
        try:
            yield
        finally:
            heartbeat.unlink(missing_ok=True)


def give(heartbeat: Path) -> IO[str]:
    """Give a sign of life until what is returned is closed, or the process ends. It is locked before it can be seen."""
    heartbeat.parent.mkdir(parents=True, exist_ok=True)
    made = heartbeat.with_name(f".{heartbeat.name}.{os.getpid()}")
    file = made.open("w")
    file.write(str(os.getpid()))
    file.flush()
    fcntl.flock(file, fcntl.LOCK_EX)
    made.rename(heartbeat)
    return file


def holder(heartbeat: Path) -> int | None:
    """The pid of the process that gives this sign; None when it has ended."""
    return _read(heartbeat)[0]


def left(heartbeat: Path) -> bool:
    """Whether the process that gave this sign has died: who ends takes it away."""
    return _read(heartbeat) == (None, True)


def _read(heartbeat: Path) -> tuple[int | None, bool]:
    """Who gives a sign, and whether it is there."""
    with suppress(FileNotFoundError), heartbeat.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read()), True
        return None, os.fstat(file.fileno()).st_nlink > 0
    return None, False


def stop(heartbeat: Path, patience: float) -> bool:
    """Ask the process to stop, and kill it and all below it after `patience` seconds; whether it lived."""
    pid = holder(heartbeat)
    if pid is None:
        return False
    deadline = monotonic() + patience
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
        while holder(heartbeat) == pid:
            sleep(0.05)
            if monotonic() > deadline:
                os.killpg(pid, signal.SIGKILL)
    return True
