"""Objects that one more object names, line by line: `files_list.data` in a bucket or below a web address."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from dropzone_assets.arrow import constant
from dropzone_assets.errors import BadSettings, SourceUnavailable
from dropzone_assets.sources.bucket import access
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.names import names_in, page_of
from dropzone_assets.store import Objects

SCHEMES = ("s3://", "az://", "gs://", "https://", "http://")

LISTED = "listed"
"""The version of every file: a list tells names, so a name that was taken once is not taken again."""


class FileList:
    """Files that a list names. Nothing but the list is asked what there is, so a listing is one request."""

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        if not config.url.startswith(SCHEMES):
            raise BadSettings(f"{config.name}: {config.url} is no place for a list.", f"Use {', '.join(SCHEMES)}.")
        if config.url.startswith("http") and {"?", "#"} & set(config.url):
            raise BadSettings(f"{config.name}: the url has a query.", "Name secrets under `credentials`.")
        if config.after != "keep":
            found = f"{config.name}: a file list cannot `{config.after}`: the list would go on naming the file."
            raise BadSettings(found, "Leave `after` out.")
        if config.receipts.at_source:
            found = f"{config.name}: a file list has no room for receipts."
            raise BadSettings(found, "Write receipts: {url: …}, or leave them out.")
        self._config = config
        self._credentials = credentials

    def list(self) -> Iterator[pa.RecordBatch]:
        """Every name in the list but its own, once a page; sizes are not known.

        Raises:
            SourceUnavailable: there is no list.
        """
        config = self._config
        try:
            with self._objects.open(config.list_file) as stream:
                for names in names_in(stream, f"{config.name}: {config.list_file}"):
                    if len(others := names.filter(pc.not_equal(names, constant(config.list_file)))):
                        yield page_of(others, LISTED)
        except FileNotFoundError as error:
            found = f"{config.name}: there is no {config.list_file} at {config.url}."
            raise SourceUnavailable(found, "Write the list, or correct `url` or `list_file`.") from error

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of one file."""
        return self._objects.open(path)

    def version(self, path: str) -> str:
        """The same word for every file that is there."""
        return LISTED if self._objects.version(path) else ""

    def remove(self, path: str) -> None:
        """Refused."""
        raise BadSettings(f"{self._config.name}: {path} cannot be taken off its list.", "Leave `after` out.")

    def move(self, path: str, folder: str) -> None:
        """Refused."""
        self.remove(path)

    def write(self, path: str, content: bytes) -> None:
        """Refused."""
        raise BadSettings(f"{self._config.name}: {path} cannot be left there.", "Write receipts: {url: …}.")

    def close(self) -> None:
        """Nothing to let go of: the client closes connections that nobody uses."""

    @cached_property
    def _objects(self) -> Objects:
        config = self._config
        return Objects(config.url, access(config, self._credentials), config.name, self._credentials.scrub)
