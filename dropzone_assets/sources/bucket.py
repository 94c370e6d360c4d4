"""Objects of a bucket or container: S3, Azure Blob Storage, Google Cloud Storage."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from dropzone_assets.arrow import constant
from dropzone_assets.errors import BadSettings
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.listing import LISTING
from dropzone_assets.store import Access, AzureAccess, GcsAccess, Objects, S3Access, WebAccess

SCHEMES = {"s3": "s3", "azure": "az", "gcs": "gs"}
"""Kind → how its urls begin."""


class Bucket:
    """Everything below a prefix. Objects appear whole, so each is settled as soon as it is there."""

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        scheme = SCHEMES[config.kind]
        if not config.url.startswith(f"{scheme}://") or not config.url.removeprefix(f"{scheme}://").strip("/"):
            raise BadSettings(f"{config.name}: {config.url} is no place of kind {config.kind}.", f"Use {scheme}://….")
        self._config = config
        self._credentials = credentials

    def list(self) -> Iterator[pa.RecordBatch]:
        """Every object below the prefix; the version is its ETag."""
        for page in self._objects.pages():
            settled = pa.repeat(constant(True, pa.bool_()), page.num_rows)
            columns = [page["path"], page["version"], page["size"], settled, page["problem"]]
            yield pa.record_batch(columns, schema=LISTING)

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of one object, all of the same version."""
        return self._objects.open(path)

    def version(self, path: str) -> str:
        """The ETag of the object now."""
        return self._objects.version(path)

    def remove(self, path: str) -> None:
        """Delete an object."""
        self._objects.remove(path)

    def move(self, path: str, folder: str) -> None:
        """Copy an object below `folder`, then delete it."""
        self._objects.move(path, f"{folder.strip('/')}/{path}")

    def write(self, path: str, content: bytes) -> None:
        """Put an object."""
        self._objects.write(path, content)

    def close(self) -> None:
        """Nothing to let go of: the client closes connections that nobody uses."""

    @cached_property
    def _objects(self) -> Objects:
        config = self._config
        return Objects(config.url, access(config, self._credentials), config.name, self._credentials.scrub)


def access(config: SourceConfig, secret: Callable[[str], str]) -> Access:
    """How the place of an entry is reached, whatever its store is; only that store's part is ever looked at."""
    if config.url.startswith("az:"):
        if connection := secret("connection_string"):
            return Access(azure=AzureAccess.of(connection, config.endpoint))
        return Access(azure=AzureAccess(config.endpoint, secret("account"), secret("key"), secret("sas")))
    if config.url.startswith("gs:"):
        return Access(gcs=GcsAccess(config.endpoint, secret("service_account")))
    if config.url.startswith("http"):
        return Access(web=WebAccess(secret("user"), secret("password"), secret("token")))
    keys = secret("access_key"), secret("secret_key"), secret("session_token")
    return Access(s3=S3Access(config.endpoint, config.region, None, *keys))
