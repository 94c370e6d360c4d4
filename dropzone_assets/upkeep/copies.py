"""Copies of files that are whole or not there, on the disk once they are there, with the hash of their bytes."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from blake3 import blake3

PIECE = 1 << 22
"""Bytes in memory while a file is copied."""

PART = ".part"


def files_below(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Path inside `folder` and facts of every plain file there, however deep; links are not followed."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                yield from ((f"{entry.name}/{path}", facts) for path, facts in files_below(Path(entry.path)))
            elif entry.is_file(follow_symlinks=False):
                yield entry.name, entry.stat(follow_symlinks=False)


def copy(source: Path, target: Path) -> str:
    """Copy a file, with its time; the BLAKE3 of its bytes."""
    with source.open("rb") as content:
        return copy_open(content, target)


def copy_open(content: BinaryIO, target: Path) -> str:
    """Copy an open file, with its time; the BLAKE3 of its bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged, digest = target.with_name(f".{target.name}{PART}"), blake3()
    facts = os.fstat(content.fileno())
    with staged.open("wb") as copied:
        while piece := content.read(PIECE):
            digest.update(piece)
            copied.write(piece)
        copied.flush()
        os.fsync(copied.fileno())
    os.utime(staged, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    staged.replace(target)
    return digest.hexdigest()


def link(source: Path, target: Path) -> bool:
    """Give a file that nobody changes a second name; whether the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True


def copy_database(source: Path, target: Path) -> str:
    """Copy a SQLite database as of one moment, also while others write to it; the BLAKE3 of the copy."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=60)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)
        there.execute("PRAGMA journal_mode = DELETE")  # so that the copy is one file
    with target.open("rb") as copied:
        os.fsync(copied.fileno())
    return hashed(target)


def hashed(file: Path) -> str:
    """The BLAKE3 of a file."""
    return blake3().update_mmap(file).hexdigest() if file.stat().st_size else blake3().hexdigest()


def sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
