"""The bytes of a raw file, as formats ask for them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

from dropzone_assets.files import RawFile
from dropzone_assets.platform import Platform


@dataclass(frozen=True)
class RawContent:
    """A file of the raw zone; one in an object store is copied near when a whole local file is asked for."""

    platform: Platform
    raw: RawFile

    @property
    def uri(self) -> str:
        """What DuckDB opens."""
        return self.raw.uri

    @property
    def size(self) -> int:
        """In bytes."""
        return self.raw.delivery.size

    def head(self, length: int) -> bytes:
        """The first `length` bytes, read once."""
        if length not in self._heads:
            self._heads[length] = self.platform.raw.head(self.raw.delivery.raw_path, length)
        return self._heads[length]

    def file(self) -> Path:
        """The object itself in a local raw zone, else a copy that goes with this object."""
        local = self.platform.raw.local(self.raw.delivery.raw_path)
        return local or self._copy

    @cached_property
    def _heads(self) -> dict[int, bytes]:
        return {}

    @cached_property
    def _copy(self) -> Path:
        self.platform.settings.spill.mkdir(parents=True, exist_ok=True)
        folder = mkdtemp(dir=self.platform.settings.spill)
        finalize(self, rmtree, folder, ignore_errors=True)
        self.platform.raw.copy(self.raw.delivery.raw_path, Path(folder) / "content")
        return Path(folder) / "content"
