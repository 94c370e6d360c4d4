"""Boundaries: the ledger, the stores, the source, files of the spill and the clock, wrapped where we leave Python."""

import errno
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from functools import partial
from io import RawIOBase
from pathlib import Path
from time import time_ns
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import tenacity.nap
from sqlalchemy import Engine, create_engine
from sqlalchemy.util import LRUCache

from dropzone_assets.errors import NotLetIn, Permanent, SourceUnavailable, StoreUnavailable
from dropzone_assets.ledger import ledger, partitions, schema
from dropzone_assets.sources.folder import Folder
from dropzone_assets.store import Store
from tests.chaos.crossings import YET_DONE, Crossings, Errors
from tests.chaos.duck import ducks


def _disk_full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def _store_silent() -> StoreUnavailable:
    return StoreUnavailable("s3://store does not answer: GenericError: 503 Slow Down")


def _source_silent() -> SourceUnavailable:
    return SourceUnavailable("The source does not answer.")


SQL: Errors = {
    "disk is full": lambda: sqlite3.OperationalError("database or disk is full"),
    "connection dropped": lambda: sqlite3.OperationalError("server closed the connection unexpectedly"),
}
STATEMENTS: dict[str, tuple[str, Errors]] = {
    "do_execute": ("ledger statement", SQL),
    "do_executemany": ("ledger statement", SQL),
    "do_commit": ("ledger commit", {**SQL, f"connection dropped{YET_DONE}": SQL["connection dropped"]}),
}
ASKED: Errors = {"silent": _store_silent}
CHANGED: Errors = {**ASKED, f"silent{YET_DONE}": _store_silent}
ADOPTED: Errors = {**CHANGED, "disk is full": _disk_full}
OPENED: Errors = {
    "silent": _source_silent,
    "gone": lambda: FileNotFoundError(errno.ENOENT, "No such file"),
    "forbidden": lambda: PermissionError(errno.EACCES, "Permission denied"),
}
READ: Errors = {"reset": lambda: ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")}
TAKEN: Errors = {
    "silent": _source_silent,
    f"silent{YET_DONE}": _source_silent,
    "forbidden": lambda: Permanent("It may not be taken away."),
    "not let in": lambda: NotLetIn("The source does not let us in."),
}
DISK: Errors = {"disk is full": _disk_full}


COMPILED: Any = LRUCache(500)
"""Statements that one process has compiled need not be compiled by the next."""


class Clock:
    """The time as the platform sees it; `jump` is how far it is from the real one."""

    def __init__(self) -> None:
        self.jump = timedelta()

    def now(self, zone: tzinfo | None = None) -> datetime:
        """Stands for `datetime.now`."""
        return datetime.now(zone) + self.jump

    def time_ns(self) -> int:
        """Stands for `time.time_ns`."""
        return time_ns() + int(self.jump.total_seconds() * 1e9)


@contextmanager
def wrapped(crossings: Crossings, clock: Clock) -> Iterator[None]:
    """Within the block every boundary is crossed through `crossings`, and nobody sleeps."""
    with ExitStack() as stack:
        for change in (_ledger, _stores, _source, _spill):
            stack.enter_context(change(crossings))
        stack.enter_context(ducks(crossings))
        stack.enter_context(patch.object(schema, "datetime", clock))
        stack.enter_context(patch.object(partitions, "time_ns", clock.time_ns))
        stack.enter_context(patch.object(tenacity.nap, "time", SimpleNamespace(sleep=lambda seconds: None)))
        stack.callback(crossings.forget)
        yield


@contextmanager
def around(owner: type, crossings: Crossings, calls: dict[str, tuple[str, Errors]]) -> Iterator[None]:
    """Methods of a class become crossings: method → boundary and errors; `{location}` is the end of its url."""
    with ExitStack() as stack:
        for name, (boundary, errors) in calls.items():
            stack.enter_context(patch.object(owner, name, _crossing(getattr(owner, name), crossings, boundary, errors)))
        yield


def _cross(crossings: Crossings, boundary: str, whole: Callable[..., Any], errors: Errors, *of: Any) -> Any:
    return crossings.cross(boundary, lambda: whole(*of), errors)


def _crossing(whole: Callable[..., Any], crossings: Crossings, boundary: str, errors: Errors) -> Callable[..., Any]:
    def method(self: Any, *of: Any) -> Any:
        name = boundary.format(location=Path(self.url).name) if "{" in boundary else boundary
        return crossings.cross(name, lambda: whole(self, *of), errors)

    return method


@contextmanager
def _ledger(crossings: Crossings) -> Iterator[None]:
    """SQL statements and commits; the files need not survive a power cut."""
    opened: list[sqlite3.Connection] = []

    def share(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        opened.append(connection)

    def open_engine(*of: Any, **more: Any) -> Engine:
        engine = create_engine(*of, **more)
        engine._compiled_cache = COMPILED
        for name, (boundary, errors) in STATEMENTS.items():
            whole = getattr(engine.dialect, name)
            setattr(engine.dialect, name, partial(_cross, crossings, boundary, whole, errors))
        return engine

    def bury() -> None:
        while opened:
            with suppress(sqlite3.ProgrammingError):  # it is closed
                opened.pop().rollback()

    crossings.at_death(bury)
    with (
        patch.object(ledger, "create_engine", open_engine),
        patch.object(ledger, "share", share),
        patch.object(ledger, "wait_for_disk", lambda *_: None),
    ):
        yield


@contextmanager
def _stores(crossings: Crossings) -> Iterator[None]:
    asked = {name: (f"{{location}} {name}", ASKED) for name in ("exists", "head", "copy", "paths")}
    changed = {"adopt": ("{location} adopt", ADOPTED), "delete": ("{location} delete", CHANGED)}
    whole = shutil.move

    def move(*of: Any, **more: Any) -> Any:
        return crossings.cross("staged object", lambda: whole(*of, **more), DISK)

    with around(Store, crossings, {**asked, **changed}), patch.object(shutil, "move", move):
        yield


@contextmanager
def _source(crossings: Crossings) -> Iterator[None]:
    def opened(self: Folder, path: str) -> Any:
        return crossings.cross("source open", lambda: _Breaking(whole(self, path), crossings), OPENED, _close)

    whole = Folder.open
    quiet: Errors = {"silent": _source_silent}
    calls = {
        "list": ("source list", quiet),
        "version": ("source version", quiet),
        "remove": ("source remove", TAKEN),
        "move": ("source move", TAKEN),
    }
    with around(Folder, crossings, calls), patch.object(Folder, "open", opened):
        yield


def _close(stream: Any) -> None:
    stream.close()


class _Breaking(RawIOBase):
    """A stream whose every read is a crossing."""

    def __init__(self, stream: Any, crossings: Crossings) -> None:
        self._stream = stream
        self._crossings = crossings

    def read(self, size: int = -1) -> Any:
        return self._crossings.cross("source read", lambda: self._stream.read(size), READ)

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def _spill(crossings: Crossings) -> Iterator[None]:
    """Files of the spill that are opened for writing, and those that go."""
    opening, unlinking = Path.open, Path.unlink

    def opened(self: Path, mode: str = "r", *of: Any, **more: Any) -> Any:
        if "w" in mode and ".spill" in self.parts:
            return crossings.cross("spill write", lambda: opening(self, mode, *of, **more), DISK, _close)
        return opening(self, mode, *of, **more)

    def unlinked(self: Path, missing_ok: bool = False) -> None:
        if ".spill" in self.parts:
            crossings.cross("spill unlink", lambda: unlinking(self, missing_ok), {})
        else:
            unlinking(self, missing_ok)

    with patch.object(Path, "open", opened), patch.object(Path, "unlink", unlinked):
        yield
