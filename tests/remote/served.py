"""Folders of this machine that a server shows: how files get there, and what is said of names nobody can read."""

import os
from pathlib import Path
from typing import Protocol

from tests.cases.sources import Location, listed


class Served(Location, Protocol):
    """A place whose files are below `root` on this machine."""

    root: Path


def overwrite(file: Path, content: bytes) -> None:
    """Write a file, a second later than what was there: SFTP and FTP know whole seconds only."""
    before = file.stat().st_mtime if file.exists() else 0.0
    file.write_bytes(content)
    if before:
        os.utime(file, (before + 1, before + 1))


def set_aside_alone(location: Served) -> None:
    """Names of files and folders that are not UTF-8 have a problem, and their neighbour has none."""
    location.put("good.csv", b"")
    Path(os.fsdecode(os.fsencode(location.root) + b"/b\xffd.csv")).write_bytes(b"")
    bad = Path(os.fsdecode(os.fsencode(location.root) + b"/b\xff"))
    bad.mkdir()
    (bad / "inner.csv").write_bytes(b"")
    found = {path: item.problem for path, item in listed(location).items()}
    said = "has a name that is not UTF-8"
    assert found == {"good.csv": "", "b\\xffd.csv": said, "b\\xff/inner.csv": said}
