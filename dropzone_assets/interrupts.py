"""Interrupts: SIGINT and SIGTERM end a command within seconds, whatever it is at and however it was started.

A signal is raised where the main thread is: `KeyboardInterrupt` for SIGINT, `SystemExit` for SIGTERM. That is not
enough: DuckDB makes another error of it, Dagster tries the step again, a `sleep` under Dagster's own handlers goes on.
So each signal is also noted where no handler can lose it (`signal.set_wakeup_fd`), and a command that insists has a
thread that ends the process when the rest does not.
"""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from select import select
from threading import Thread
from time import monotonic, sleep
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)

GO_ON = "Interrupted. Nothing is lost and nothing doubled: run dropzone ingest to go on."
RESUMED = {
    **dict.fromkeys(("demo", "ingest", "replay", "retract"), GO_ON),
    "rebuild": GO_ON.replace("dropzone ingest", "dropzone rebuild"),
}
"""Commands that are gone on with → what is said when they are interrupted."""

SAID: list[str] = []
"""The command of which it was said that it was interrupted."""

PATIENCE = 3.0
"""Seconds that a command has to end by itself after the first signal."""

WORDS = 2.0
"""Seconds that its last words may take."""

PACE = 0.05
"""Seconds between two looks whether a second signal has come."""


def listen() -> None:
    """From now on signals interrupt this process, also one that was started in the background, which ignores SIGINT."""
    _noted()
    for each in SIGNALS:
        signal.signal(each, _interrupt)
    if logging.lastResort:  # a library logs that it was interrupted, with a traceback
        logging.lastResort.addFilter(_worth_saying)
    sys.unraisablehook = _unraisable


def heard() -> int:
    """How many signals have come, whoever handled them."""
    return len(_heard())


def exit_code() -> int:
    """What a process that was interrupted ends with: 130 for SIGINT, 143 for SIGTERM."""
    return 128 + (_heard() or [signal.SIGINT])[0]


def insist(say: Callable[[], object]) -> None:
    """From now on one signal is enough, and a second one ends the process at once, if it listens at all.

    Args:
        say: called when the process is ended from here: what a person should know.
    """
    if _ENDS:
        Thread(target=_watch, args=(say,), name="interrupts", daemon=True).start()


def sentence(command: str) -> str:
    """What a person is told of a command that was interrupted."""
    return RESUMED.get(command, "Interrupted.")


@contextmanager
def letting_go(give_back: Callable[[], object]) -> Iterator[None]:
    """Within the block this is called, in another thread, before the process is ended from here."""
    _LET_GO.append(give_back)
    try:
        yield
    finally:
        _LET_GO.remove(give_back)


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(exit_code()) if number == signal.SIGTERM else KeyboardInterrupt


def _worth_saying(_record: logging.LogRecord) -> bool:
    return not heard()


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    """An interrupt within a finaliser is lost there, and is nobody's fault; the watch ends the process."""
    if not heard():
        sys.__unraisablehook__(found)


@cache
def _noted() -> socket.socket:
    """Where each signal leaves its number; nothing is ever taken out, so that everybody may look."""
    here, there = socket.socketpair()
    for each in (here, there):
        each.setblocking(False)
    _ENDS.append(there)
    signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    return here


_ENDS: list[socket.socket] = []
"""A socket that nobody holds is closed."""

_LET_GO: list[Callable[[], object]] = []


def _heard() -> list[int]:
    if not _ENDS:
        return []
    try:
        return [number for number in _noted().recv(4096, socket.MSG_PEEK) if number in SIGNALS]
    except BlockingIOError:
        return []


def _watch(say: Callable[[], object]) -> None:
    """Wait for the first signal, then for a second one or the end of patience, and end what has not ended by then."""
    while not heard():
        select([_noted()], [], [])
        sleep(PACE)
    deadline = monotonic() + PATIENCE
    while heard() < 2 and monotonic() < deadline:
        sleep(PACE)
    if heard() < 2:
        last = Thread(target=lambda: [each() for each in _LET_GO], daemon=True)
        last.start()
        last.join(WORDS)
    say()
    sys.stdout.flush()
    os._exit(exit_code())
