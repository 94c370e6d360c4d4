"""A folder of objects that is ours, the raw zone or the lake: local, or below a URL of an object store."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore

from dropzone_assets.errors import BadSettings, StoreUnavailable
from dropzone_assets.store.access import Access
from dropzone_assets.store.answers import said
from dropzone_assets.store.clients import OURS, SCHEMES, Client, open_client, options_of, split
from dropzone_assets.store.writing import Writing

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class Store:
    """A folder of objects at a URL. An object appears whole or not at all.

    Args:
        durable: what is written to a folder is on the disk before it is said to be written. What an object store has
            answered it keeps.
    """

    def __init__(self, url: str, access: Access, *, durable: bool = True) -> None:
        self.url = url.rstrip("/")
        self._durable = durable
        self._access = access
        scheme = split(url)[0] if "://" in url else ""
        if scheme in ("", "file"):
            self._folder: Path | None = Path(urlsplit(url).path if scheme else url).resolve()
            self._client: LocalStore | Client = LocalStore(self._folder, mkdir=True)
            return
        if scheme not in SCHEMES:
            known = ", ".join(f"{each}://" for each in SCHEMES)
            raise BadSettings(f"{url} is neither a folder nor one of {known}.", "Set one of these.")
        self._folder = None
        try:
            self._client = open_client(self.url, access, OURS)
        except BaseError as error:
            raise BadSettings(f"{url} cannot be opened: {said(error)}", "Check the credentials.") from error

    def uri(self, path: str) -> str:
        """What DuckDB opens to read the object at `path`."""
        return str(self._folder / path) if self._folder else f"{self.url}/{path}"

    def filesystem(self) -> "AbstractFileSystem | None":
        """What DuckDB needs to open `uri`s; None for a local folder."""
        if self._folder:
            return None
        from obstore.fsspec import FsspecStore

        scheme: Any = split(self.url)[0]
        return FsspecStore(scheme, **options_of(scheme, self._access, OURS))

    def writing(self) -> Writing:
        """Objects that are brought together: once the block ends, all of them are there, and on the disk."""
        return Writing(self._folder or Path(), durable=self._durable and self._folder is not None)

    def adopt(self, file: Path, path: str, writing: Writing | None = None) -> None:
        """Make the local `file` the object at `path`, replacing what was there at once. `file` is gone afterwards.

        Args:
            writing: others that are brought together with it; then it is there once they are settled.
        """
        if self._folder:
            with nullcontext(writing) if writing else self.writing() as batch:
                batch.adopt(file, path)
            return
        with self._answering(), file.open("rb") as stream:
            obstore.put(self._client, path, stream)
        file.unlink()

    def exists(self, path: str) -> bool:
        """Whether there is an object at `path`."""
        return self.size(path) is not None

    def size(self, path: str) -> int | None:
        """The size of the object in bytes; None when there is no such object."""
        with self._answering(), suppress(FileNotFoundError):
            return _size(self._folder / path) if self._folder else int(obstore.head(self._client, path)["size"])
        return None

    def head(self, path: str, length: int) -> bytes:
        """The first `length` bytes of the object, or all of it when it is shorter.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with self._answering():
            if self._folder:
                return _head(self._folder / path, length)
            size = obstore.head(self._client, path)["size"]
            if size == 0:
                return b""
            return bytes(obstore.get_range(self._client, path, start=0, end=min(length, size)))

    def local(self, path: str) -> Path | None:
        """The object as a local file, to be read only; None when the store is not a folder."""
        return self._folder / path if self._folder else None

    def copy(self, path: str, to: Path) -> None:
        """Copy the object at `path` into the local file `to`, a chunk at a time.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with to.open("wb") as copy:
            for chunk in self.stream(path):
                copy.write(chunk)

    def delete(self, path: str, writing: Writing | None = None) -> None:
        """Remove the object if it is there; with others that are `writing`, for good once they are settled."""
        with self._answering(), suppress(FileNotFoundError):
            obstore.delete(self._client, path)
        if writing:
            writing.held(path)

    def stream(self, path: str) -> Iterator[bytes]:
        """The bytes of the object at `path`, a chunk at a time.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with self._answering():
            yield from obstore.get(self._client, path).stream()

    def sizes(self, prefix: str) -> dict[str, int]:
        """Path → bytes of every object below `prefix`; what a process that died had not finished is none."""
        with self._answering():
            found = {meta["path"]: meta["size"] for page in obstore.list(self._client, prefix) for meta in page}
        return {path: size for path, size in found.items() if not path.rpartition("/")[2].startswith(".")}

    def paths(self, prefix: str) -> list[str]:
        """The paths of all objects below `prefix`, sorted."""
        return sorted(self.sizes(prefix))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """What a store may answer instead of doing it, as our error; a missing object stays FileNotFoundError."""
        try:
            yield
        except BaseError as error:
            cure = "Check that the store runs, the bucket exists and the credentials may use it; then run again."
            found = f"{self.url} does not answer: {type(error).__name__}: {said(error)}"
            raise StoreUnavailable(found, cure) from error


def _size(file: Path) -> int:
    """The size of a local object: asking the system costs a tenth of asking a client."""
    with _found(file):
        found = file.stat()
        if stat.S_ISREG(found.st_mode):
            return found.st_size
        raise FileNotFoundError(ENOENT, "Not a file", str(file))


def _head(file: Path, length: int) -> bytes:
    with _found(file), file.open("rb") as stream:
        return stream.read(length)


@contextmanager
def _found(file: Path) -> Iterator[None]:
    """What the system says of a file in a store, as stores say it; a folder is no object."""
    try:
        yield
    except (IsADirectoryError, NotADirectoryError) as error:
        raise FileNotFoundError(ENOENT, "Not a file", str(file)) from error
    except FileNotFoundError:
        raise
    except OSError as error:
        cure = "Check the disk and the permissions; then run again."
        raise StoreUnavailable(f"{file} cannot be read: {error}", cure) from error
