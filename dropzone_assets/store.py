"""The only door to object stores: a local folder or an S3 prefix, chosen by URL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import obstore
from fsspec import AbstractFileSystem
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError
from obstore.fsspec import FsspecStore
from obstore.store import LocalStore, S3Store

from dropzone_assets.errors import BadSettings, StoreUnavailable

_CLIENT: Any = {"timeout": timedelta(minutes=30), "connect_timeout": timedelta(seconds=10)}
_RETRY: Any = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}


@dataclass(frozen=True, slots=True)
class S3Access:
    """How S3 is reached; credentials come from where boto3 looks for them, never from here."""

    endpoint: str = ""
    region: str = "us-east-1"
    profile: str | None = None


class Store:
    """A folder of objects at a URL. An object appears whole or not at all."""

    def __init__(self, url: str, access: S3Access) -> None:
        self.url = url.rstrip("/")
        self._access = access
        scheme = urlsplit(url).scheme
        if scheme in ("", "file"):
            self._folder: Path | None = Path(urlsplit(url).path if scheme else url).resolve()
            self._client: LocalStore | S3Store = LocalStore(self._folder, mkdir=True)
        elif scheme == "s3":
            self._folder = None
            self._client = _s3(url, access)
        else:
            raise BadSettings(f"{url} is neither a folder nor an s3:// URL.", "Set one of these two.")

    def uri(self, path: str) -> str:
        """What DuckDB opens to read the object at `path`."""
        return str(self._folder / path) if self._folder else f"{self.url}/{path}"

    def filesystem(self) -> AbstractFileSystem | None:
        """What DuckDB needs to open `uri`s; None for a local folder."""
        if self._folder:
            return None
        return FsspecStore("s3", **_options(self._access))

    def adopt(self, file: Path, path: str) -> None:
        """Make the local `file` the object at `path`, replacing what was there at once. `file` is gone afterwards."""
        if self._folder:
            target = self._folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            staged = target.with_name(f".{file.name}.{target.name}")
            shutil.move(file, staged)
            staged.replace(target)
            return
        with self._answering(), file.open("rb") as stream:
            obstore.put(self._client, path, stream)
        file.unlink()

    def exists(self, path: str) -> bool:
        """Whether there is an object at `path`."""
        with self._answering():
            try:
                obstore.head(self._client, path)
            except FileNotFoundError:
                return False
        return True

    def head(self, path: str, length: int) -> bytes:
        """The first `length` bytes of the object, or all of it when it is shorter.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with self._answering():
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
        with self._answering(), to.open("wb") as copy:
            for chunk in obstore.get(self._client, path).stream():
                copy.write(chunk)

    def delete(self, path: str) -> None:
        """Remove the object if it is there."""
        if self.exists(path):
            with self._answering():
                obstore.delete(self._client, path)

    def paths(self, prefix: str) -> list[str]:
        """The paths of all objects below `prefix`, sorted."""
        with self._answering():
            return sorted(meta["path"] for page in obstore.list(self._client, prefix) for meta in page)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """What a store may answer instead of doing it, as our error; a missing object stays FileNotFoundError."""
        try:
            yield
        except BaseError as error:
            said = str(error).strip().splitlines()[0][:300]
            cure = "Check that the store runs, the bucket exists and AWS_* may use it; then run again."
            raise StoreUnavailable(f"{self.url} does not answer: {type(error).__name__}: {said}", cure) from error


def _s3(url: str, access: S3Access) -> S3Store:
    parts = urlsplit(url)
    return S3Store(parts.netloc, prefix=parts.path.strip("/") or None, **_options(access))


def _options(access: S3Access) -> Any:
    config = {"region": access.region, **({"endpoint": access.endpoint} if access.endpoint else {})}
    return {
        "config": config,
        "client_options": {**_CLIENT, "allow_http": access.endpoint.startswith("http://")},
        "retry_config": _RETRY,
        "credential_provider": Boto3CredentialProvider(boto3.Session(profile_name=access.profile)),
    }
