"""Objects: bytes that rest in a store against what they were when they were put there."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import uuid4

from blake3 import blake3

from dropzone_assets.store import Store

AT_ONCE = 8
"""Objects read at one time."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Near(NamedTuple):
    """An object as a local file, and the BLAKE3 of its bytes."""

    file: Path
    content_hash: str


def hash_of(store: Store, path: str) -> str:
    """The BLAKE3 of an object's bytes.

    Raises:
        FileNotFoundError: there is no such object.
    """
    digest = blake3()
    for chunk in store.stream(path):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def near(store: Store, path: str, folder: Path) -> Iterator[Near | None]:
    """An object of the store to be read only, copied into `folder` for the length of the block; None without one."""
    local, copy = store.local(path), folder / uuid4().hex
    try:
        if local is None:
            store.copy(path, copy)
        file = local or copy
        yield Near(file, blake3().update_mmap(file).hexdigest()) if file.exists() else None
    except FileNotFoundError:
        yield None
    finally:
        copy.unlink(missing_ok=True)


def at_once(work: Callable[[Item], Answer], items: Sequence[Item]) -> Iterator[tuple[Item, Answer]]:
    """Each item with its answer, in their order, several at one time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip(items, pool.map(work, items), strict=True)
