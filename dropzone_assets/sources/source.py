"""What a source is, and which kinds there are."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast, runtime_checkable

from dropzone_assets.errors import BadSettings
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.wire.known_hosts import HostKey

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = {
    "folder": "dropzone_assets.sources.folder:Folder",
    "s3": "dropzone_assets.sources.bucket:Bucket",
    "azure": "dropzone_assets.sources.bucket:Bucket",
    "gcs": "dropzone_assets.sources.bucket:Bucket",
    "file_list": "dropzone_assets.sources.file_list:FileList",
    "http": "dropzone_assets.sources.http:Http",
    "ftp": "dropzone_assets.sources.ftp:Ftp",
    "ftps": "dropzone_assets.sources.ftp:Ftp",
    "sftp": "dropzone_assets.sources.sftp:Sftp",
}


class Source(Protocol):
    """A place that lists files and opens one of them; any thread may use it.

    A kind is a class called with its entry of `sources.yaml`, the home folder and its credentials. Making one opens
    nothing; connections are made when first needed and made again when they broke.
    """

    def list(self) -> Iterator["pa.RecordBatch"]:
        """Every file there now, as pages of `LISTING`, in any order; `look` takes out what is no file yet.

        Names and sizes are read, never content.

        Raises:
            SourceUnavailable: the place cannot be reached; the message says which.
            Permanent: it does not let us in.
        """

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of one file, as a stream that holds a few of them in memory.

        Raises:
            FileNotFoundError: it is gone.
            SourceUnavailable: the place cannot be reached, now or in the middle.
        """

    def version(self, path: str) -> str:
        """The version of one file now, as `list` gives it; empty when it is gone."""

    def remove(self, path: str) -> None:
        """Take a file away; one that is gone already is fine."""

    def move(self, path: str, folder: str) -> None:
        """Move a file below `folder`, keeping its path there, replacing what has its name; gone already is fine."""

    def write(self, path: str, content: bytes) -> None:
        """Leave a file for the sender, replacing what has its name: whole or not at all.

        Raises:
            NotLetIn: we may not.
        """

    def close(self) -> None:
        """Let go of connections; the next call makes new ones."""


@runtime_checkable
class Keyed(Protocol):
    """A source whose server shows a key, which a person has to pin before anything is said to it."""

    def host_key(self) -> HostKey:
        """The key that the server shows now.

        Raises:
            SourceUnavailable: it cannot be reached.
        """

    def pinned(self) -> Sequence[HostKey]:
        """The keys that are pinned for it."""

    def pin(self, key: HostKey) -> None:
        """Trust this key of it from now on, and no other one."""


@runtime_checkable
class OnDisk(Protocol):
    """A source on a disk of this machine, where what is said to be done may not be on the disk yet."""

    def settle(self) -> None:
        """Wait until all that was written, moved and taken away is on the disk.

        Raises:
            SourceUnavailable: the disk is full, or gone.
        """


class Sources(Mapping[str, Source]):
    """Sources by name, each opened when first asked for, so that an entry its kind cannot use stops no other."""

    def __init__(self, configs: Mapping[str, SourceConfig], home: Path, secret: Callable[[str], str]) -> None:
        self._configs = configs
        self._home = home
        self._secret = secret
        self._opened: dict[str, Source] = {}
        self._opening = Lock()

    def __getitem__(self, name: str) -> Source:
        with self._opening:
            if name not in self._opened:
                self._opened[name] = open_source(self._configs[name], self._home, self._secret)
            return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._configs)

    def __len__(self) -> int:
        return len(self._configs)

    def close(self) -> None:
        """Let go of all connections; the next use makes new ones."""
        for source in self._opened.values():
            source.close()


def open_source(config: SourceConfig, home: Path, secret: Callable[[str], str]) -> Source:
    """The source an entry names.

    Args:
        home: a relative folder is inside.
        secret: the value of an environment variable.

    Raises:
        BadSettings: the kind does not exist, or its url is of no use to it.
    """
    if config.kind not in KINDS:
        raise BadSettings(
            f"sources.yaml: {config.name} has the kind {config.kind!r}.", f"Use one of: {', '.join(KINDS)}."
        )
    module, name = KINDS[config.kind].split(":")
    return cast(Source, getattr(import_module(module), name)(config, home, Credentials(config.credentials, secret)))
