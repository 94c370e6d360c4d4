"""Durable: waiting until files, and the folders that name them, are on the disk, so that a power cut takes neither."""

import ctypes
import fcntl
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from errno import EINVAL, ENOTSUP
from functools import cache
from pathlib import Path

FEW = 4
"""Up to this many files and folders an `fsync` each is cheaper than a `syncfs`, which waits for everybody's bytes."""

AT_ONCE = 16
"""Where there is no `syncfs`, how many are waited for together: a file system makes one commit of what waits."""


def sync(paths: Iterable[Path]) -> None:
    """Wait until these files and folders are on the disk; what is gone, or is not ours to open, is left out.

    Raises:
        OSError: the disk has lost some of it.
    """
    wanted = sorted({*paths})
    whole = _syncfs() if len(wanted) > FEW else None
    if whole:
        _sync_disks(wanted, whole)
    else:
        with ThreadPoolExecutor(AT_ONCE if len(wanted) > FEW else 1) as pool:
            list(pool.map(_sync, wanted))


def folders_of(file: Path, root: Path) -> list[Path]:
    """The folders that lead to a file, up to the one that holds `root`: any of them may be new."""
    below = [folder for folder in file.parents if folder.is_relative_to(root)]
    return [*below, root.parent]


def _sync_disks(paths: Iterable[Path], whole: Callable[[int], None]) -> None:
    """Wait for each file system that one of these is on."""
    done: set[int] = set()
    for path in paths:
        with _opened(path) as number:
            if number is not None and (device := os.fstat(number).st_dev) not in done:
                whole(number)
                done.add(device)


def _sync(path: Path) -> None:
    with _opened(path) as number:
        if number is None:
            return
        if sys.platform == "darwin":  # its fsync leaves the bytes in the cache of the disk
            fcntl.fcntl(number, fcntl.F_FULLFSYNC)
            return
        try:
            os.fsync(number)
        except OSError as error:
            if error.errno not in (EINVAL, ENOTSUP):  # a file system that waits for no folder
                raise


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    try:
        number = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        yield None
        return
    try:
        yield number
    finally:
        os.close(number)


@cache
def _syncfs() -> Callable[[int], None] | None:
    """Linux's `syncfs`: all that was written to the file system of an open file is on the disk; None elsewhere."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if sys.platform == "linux" else None
    if call is None:
        return None

    def syncfs(number: int) -> None:
        if call(number):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    return syncfs
