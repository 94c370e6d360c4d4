"""Which process holds a file: the name of its program, its pid, and since when it runs."""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

_HELD = re.compile(r"lock is held in (.+?) \(PID (\d+)\)")
"""How DuckDB names the process that has a file it wants."""

PROC = Path("/proc")

LONG = 2.0
"""Seconds after which it is worth a word that a file is held."""


class Holder(NamedTuple):
    """A process that holds a file; `since`: when it was started (UTC), where the system tells it."""

    program: str
    pid: int
    since: datetime | None = None

    def __str__(self) -> str:
        since = f", which was started at {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"{self.program} (PID {self.pid}){since}"


def named_in(message: str) -> Holder | None:
    """The process that a message of DuckDB's names."""
    found = _HELD.search(message)
    return Holder(found[1], int(found[2]), _started(int(found[2]))) if found else None


def holding(file: Path) -> Holder | None:
    """The process, not this one, that has locked `file`, to read or to write; None where the system does not tell.

    The table of locks is read, and not the file: to open and close it would take away a lock of our own.
    """
    with suppress(OSError):
        found = file.stat()
        location = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
        for line in (PROC / "locks").read_text().splitlines():
            words = line.split()[1:]
            pid = int(words[3]) if len(words) > 4 and words[4] == location else 0
            if pid > 0 and pid != os.getpid() and words[0] != "->":
                return Holder(_program(pid), pid, _started(pid))
    return None


def held_for_long(file: Path) -> Holder | None:
    """The process that still holds `file` after two seconds: a load or a publication needs it for less, mostly."""
    first = holding(file)
    deadline = monotonic() + LONG
    while first and monotonic() < deadline:
        sleep(LONG / 20)
        if holding(file) != first:
            return None
    return first


def _program(pid: int) -> str:
    """The program of a process; its name where the program may not be seen."""
    with suppress(OSError):
        return str((PROC / str(pid) / "exe").readlink())
    with suppress(OSError):
        return (PROC / str(pid) / "comm").read_text().strip()
    return "a program"


def _started(pid: int) -> datetime | None:
    """When a process was started: ticks since the machine was, which /proc/stat says."""
    with suppress(OSError, ValueError, StopIteration):
        ticks = int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[19])
        lines = (PROC / "stat").read_text().splitlines()
        boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
        return datetime.fromtimestamp(boot + ticks / os.sysconf("SC_CLK_TCK"), UTC).replace(tzinfo=None)
    return None
