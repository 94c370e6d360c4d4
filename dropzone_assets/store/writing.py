"""Writing: objects that come into a store together, and are on the disk before anybody hears of them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from uuid import uuid4

from dropzone_assets.durable import folders_of, sync
from dropzone_assets.errors import StoreUnavailable

MOST_FILES, MOST_BYTES = 500, 1 << 30
"""What rests beside the store, under no name of its own yet, before it is brought in."""


class Writing:
    """Objects on their way into a folder: all bytes reach the disk, then each has its name, then the names reach it.

    Any thread may bring some. What is not settled when the block ends with an error is no object.

    Args:
        root: the folder of the store.
        durable: false where nobody waits for the disk.
    """

    def __init__(self, root: Path, *, durable: bool) -> None:
        self._root = root
        self._durable = durable
        self._staged: list[tuple[Path, Path]] = []
        self._held: list[Path] = []
        self._lock = Lock()

    def __enter__(self) -> "Writing":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self.settle()
        finally:
            for staged, _ in self._staged:
                with suppress(OSError):
                    staged.unlink()

    def adopt(self, file: Path, path: str) -> None:
        """Make the local `file` the object at `path` once this is settled. `file` is gone afterwards."""
        target, staged = self._root / path, file.with_name(f"settling-{uuid4().hex}")
        with _written(target):
            shutil.move(file, staged)
            size = staged.stat().st_size
        with self._lock:
            self._staged.append((staged, target))
            full = len(self._staged) >= MOST_FILES or size >= MOST_BYTES
        if full:
            self.settle()

    def held(self, path: str) -> None:
        """The object at `path` is there already, or is gone: who did that may have died before it was on the disk."""
        with self._lock:
            self._held.append(self._root / path)

    def settle(self) -> None:
        """Bring all of it to its place, and wait for the disk.

        Raises:
            StoreUnavailable: the disk is full, or gone.
        """
        with self._lock:
            for n, (staged, target) in enumerate(self._staged):
                with _written(target):
                    self._staged[n] = (_near(staged, target), target)
            self._sync([staged for staged, _ in self._staged])
            named = [target for _, target in self._staged]
            while self._staged:
                staged, target = self._staged[-1]
                with _written(target):
                    staged.replace(target)
                self._staged.pop()
            self._sync(
                [*self._held, *(folder for each in (*named, *self._held) for folder in folders_of(each, self._root))]
            )
            self._held.clear()

    def _sync(self, paths: list[Path]) -> None:
        if self._durable and paths:
            with _written(self._root):
                sync(paths)


def _near(staged: Path, target: Path) -> Path:
    """A file on the disk of its target, in a folder that is there. Who dies meanwhile leaves what nobody reads."""
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
    if staged.stat().st_dev == target.parent.stat().st_dev:
        return staged
    near = target.with_name(f".{staged.name}.part")
    try:
        shutil.move(staged, near)
    except OSError:
        with suppress(OSError):
            near.unlink()
        raise
    return near


@contextmanager
def _written(target: Path) -> Iterator[None]:
    """What the disk says, as stores say it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        cure = "Make room or correct the permissions; then run again."
        raise StoreUnavailable(f"{target} cannot be written: {error}", cure) from error
