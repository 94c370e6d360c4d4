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


@contextmanager
def alive(sign: Path) -> Iterator[None]:
    """Give a sign of life for the length of the block."""
    sign.parent.mkdir(parents=True, exist_ok=True)
    with sign.open("w") as file:
        file.write(str(os.getpid()))
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            sign.unlink(missing_ok=True)


def holder(sign: Path) -> int | None:
    """The pid of the process that gives this sign; None when it has ended."""
    try:
        with sign.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read())
    except FileNotFoundError:
        return None
    return None


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
