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
def alive(sign: Path) -> Iterator[None]:
    """Give a sign of life for the length of the block."""
    with give(sign):
        try:
            yield
        finally:
            sign.unlink(missing_ok=True)


def give(sign: Path) -> IO[str]:
    """Give a sign of life until what is returned is closed, or the process ends. It is locked before it can be seen."""
    sign.parent.mkdir(parents=True, exist_ok=True)
    made = sign.with_name(f".{sign.name}.{os.getpid()}")
    file = made.open("w")
    file.write(str(os.getpid()))
    file.flush()
    fcntl.flock(file, fcntl.LOCK_EX)
    made.rename(sign)
    return file


def holder(sign: Path) -> int | None:
    """The pid of the process that gives this sign; None when it has ended."""
    return _read(sign)[0]


def left(sign: Path) -> bool:
    """Whether the process that gave this sign has died: who ends takes it away."""
    return _read(sign) == (None, True)


def _read(sign: Path) -> tuple[int | None, bool]:
    """Who gives a sign, and whether it is there."""
    with suppress(FileNotFoundError), sign.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read()), True
        return None, os.fstat(file.fileno()).st_nlink > 0
    return None, False


def stop(sign: Path, patience: float) -> bool:
    """Ask the process to stop, and kill it and all below it after `patience` seconds; whether it lived."""
    pid = holder(sign)
    if pid is None:
        return False
    deadline = monotonic() + patience
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
        while holder(sign) == pid:
            sleep(0.05)
            if monotonic() > deadline:
                os.killpg(pid, signal.SIGKILL)
    return True
