"""Files in a local folder, however deep."""

import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import time
from typing import BinaryIO
from uuid import uuid4

import pyarrow as pa

from dropzone_assets.durable import folders_of, sync
from dropzone_assets.errors import Permanent, SourceUnavailable
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.listing import Found, pages


class Folder:
    """A folder as a source. Links are never followed, so nothing outside the folder is ever read."""

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        self._name = config.name
        self._settle = config.settle_seconds
        self._root = (home / config.url).resolve()
        self._changed: set[Path] = set()

    def list(self) -> Iterator[pa.RecordBatch]:
        """Every file below the folder.

        A file is settled once its inode has not changed (ctime, which no copy program can set back) for the
        settle time. Names are listed as bytes: one that is not UTF-8 is set aside alone.
        """
        return pages(self._files())

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of one file. Raises Permanent when it is a link."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        target = self._inside(path)
        if target.is_symlink():
            raise Permanent(f"{path} is a link.", "Drop the file itself.")
        return os.fdopen(os.open(target, flags), "rb")

    def version(self, path: str) -> str:
        """Size, mtime and ctime of the file now."""
        try:
            return _version(os.lstat(self._inside(path)))
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def remove(self, path: str) -> None:
        """Take a file away."""
        with _permitted(path):
            self._inside(path).unlink(missing_ok=True)
            self._changed.add(self._inside(path).parent)

    def move(self, path: str, folder: str) -> None:
        """Move a file below `folder`."""
        with _permitted(path):
            target = self._inside(f"{folder}/{path}")
            target.parent.mkdir(parents=True, exist_ok=True)
            if self._inside(path).exists():
                self._inside(path).replace(target)
                self._changed.update((target, *folders_of(target, self._root), self._inside(path).parent))

    def write(self, path: str, content: bytes) -> None:
        """Write a file under a hidden name, then give it its own."""
        with _permitted(path, "written"):
            target = self._inside(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            hidden = target.with_name(f".{uuid4().hex}")
            try:
                hidden.write_bytes(content)
                hidden.replace(target)
                self._changed.update((target, *folders_of(target, self._root)))
            finally:
                hidden.unlink(missing_ok=True)

    def settle(self) -> None:
        """Wait until all that was written, moved and taken away is on the disk."""
        changed, self._changed = self._changed, set()
        try:
            sync(changed)
        except OSError as error:
            self._changed |= changed
            raise SourceUnavailable(f"{self._name}: {error}", "Check the disk.") from error

    def close(self) -> None:
        """A folder has no connections."""

    def _files(self) -> Iterator[Found]:
        root, folders = os.fsencode(self._root), [b""]
        while folders:
            folder = folders.pop()
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                with os.scandir(root + b"/" + folder) as entries:
                    for entry in entries:
                        if not entry.is_dir(follow_symlinks=False):
                            yield from self._found(folder + entry.name, entry)
                        elif not entry.name.startswith((b".", b"_")):
                            folders.append(folder + entry.name + b"/")
            except OSError as error:
                raise SourceUnavailable(f"{self._name}: {error}", "Check the folder and its permissions.") from error

    def _found(self, relative: bytes, entry: os.DirEntry[bytes]) -> Iterator[Found]:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # moved away between listing and asking
            return
        settled = time() - status.st_ctime >= self._settle
        path = relative.decode("utf-8", "backslashreplace")
        yield Found(path, _version(status), status.st_size, settled, _problem(relative, status))

    def _inside(self, path: str) -> Path:
        target = self._root / path
        if path == target.name != "..":  # no folder between, so no link to follow
            return target
        if not target.parent.resolve().is_relative_to(self._root):
            raise Permanent(f"{path} leads out of {self._root}.", "Name a file inside the folder.")
        return target


@contextmanager
def _permitted(path: str, what: str = "taken away") -> Iterator[None]:
    """What the system says of a change, as ours."""
    try:
        yield
    except OSError as error:
        raise Permanent(f"{path} cannot be {what}: {error}.", "Check the folder and its permissions.") from error


def _version(status: os.stat_result) -> str:
    """Size and mtime, which a copy program may set back, and how much later the inode changed, which it cannot.

    Not the number of the inode, which network mounts invent anew: an inode that gets another name changes its ctime.
    """
    return f"{status.st_size}-{status.st_mtime_ns}{status.st_ctime_ns - status.st_mtime_ns:+}"


def _problem(name: bytes, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is a link or a special file, not a regular file"
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    return ""
