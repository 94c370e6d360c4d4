"""Files in a local folder, however deep."""

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from time import time
from typing import BinaryIO

from dropzone_assets.errors import Permanent, SourceUnavailable
from dropzone_assets.files import Listed
from dropzone_assets.sources.source import SourceConfig

NOT_YET = (".tmp", ".part", ".filepart", ".crdownload")
"""Endings that upload programs give to files they have not finished."""


class Folder:
    """A folder as a source. Links are never followed, so nothing outside the folder is ever read."""

    def __init__(self, config: SourceConfig, home: Path) -> None:
        self.name = config.name
        self._settle = config.settle_seconds
        self._root = (home / config.url).resolve()

    def list(self) -> Iterator[Listed]:
        """Every finished file below the folder.

        A file is settled once its inode has not changed (ctime, which no copy program can set back) for the
        settle time. Names are listed as bytes: one that is not UTF-8 is set aside alone.
        """
        folders = [os.fsencode(self._root)]
        while folders:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        if entry.name.startswith((b".", b"_")):
                            continue
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        elif not entry.name.lower().endswith(tuple(end.encode() for end in NOT_YET)):
                            yield from self._listed(entry)
            except OSError as error:
                raise SourceUnavailable(f"{self.name}: {error}", "Check the folder and its permissions.") from error

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of one file. Raises FileNotFoundError when it is gone, Permanent when it is a link."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        target = self._inside(path)
        if target.is_symlink():
            raise Permanent(f"{path} is a link.", "Drop the file itself.")
        return os.fdopen(os.open(target, flags), "rb")

    def version(self, path: str) -> str:
        """Size and mtime of the file now; empty when it is gone."""
        try:
            return _version(os.lstat(self._inside(path)))
        except FileNotFoundError:
            return ""

    def _listed(self, entry: os.DirEntry[bytes]) -> Iterator[Listed]:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # moved away between listing and asking
            return
        relative = os.path.relpath(entry.path, os.fsencode(self._root))
        yield Listed(
            source=self.name,
            path=relative.decode("utf-8", "backslashreplace"),
            version=_version(status),
            size=status.st_size,
            settled=time() - status.st_ctime >= self._settle,
            problem=_problem(relative, status),
        )

    def _inside(self, path: str) -> Path:
        target = self._root / path
        if not target.parent.resolve().is_relative_to(self._root):
            raise Permanent(f"{path} leads out of {self._root}.", "Name a file inside the folder.")
        return target


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _problem(name: bytes, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is a link or a special file, not a regular file"
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    return "" if text.isprintable() else "has a control character in its name"
