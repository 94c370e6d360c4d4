"""What a source is, and how `sources.yaml` names the ones to watch."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dropzone_assets.errors import BadSettings
from dropzone_assets.files import Listed

KINDS = {"folder": "dropzone_assets.sources.folder:Folder"}


class SourceConfig(BaseModel):
    """One entry of `sources.yaml`. `settle_seconds`: how long a file must be unchanged before it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: str = "folder"
    url: str
    settle_seconds: float = Field(default=2.0, ge=0)
    poll_seconds: int = Field(default=1, ge=1)


class Source(Protocol):
    """A place that lists files and opens one of them. Listing reads names and sizes, never content."""

    name: str

    def list(self) -> Iterator[Listed]:
        """Every file there now, in any order. Files whose name says "not yet" are left out.

        Raises:
            SourceUnavailable: the place cannot be reached.
        """

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """The bytes of one file.

        Raises:
            FileNotFoundError: it is gone.
        """

    def version(self, path: str) -> str:
        """The version of one file now; empty when it is gone."""


def open_source(config: SourceConfig, home: Path) -> Source:
    """The source an entry names; a relative folder is inside `home`.

    Raises:
        BadSettings: the kind does not exist.
    """
    if config.kind not in KINDS:
        raise BadSettings(
            f"sources.yaml: {config.name} has the kind {config.kind!r}.", f"Use one of: {', '.join(KINDS)}."
        )
    module, name = KINDS[config.kind].split(":")
    return cast(Source, getattr(import_module(module), name)(config, home))


def load_sources(file: Path) -> list[SourceConfig]:
    """The entries of `sources.yaml`; one folder named `dropzone` where there is no such file.

    Raises:
        BadSettings: the file is not what it should be; the message says where.
    """
    if not file.exists():
        return [SourceConfig(name="dropzone", url="dropzone")]
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        configs = [SourceConfig.model_validate(entry) for entry in entries.get("sources") or []]
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError, AttributeError, TypeError) as error:
        raise BadSettings(f"{file} cannot be read: {error}", "Correct it; docs/sources.md shows an example.") from error
    names = [config.name for config in configs]
    if len(set(names)) < len(names):
        raise BadSettings(f"{file}: two sources have the same name.", "Give each entry a name of its own.")
    return configs
