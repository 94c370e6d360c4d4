"""A home of the small world: three tables, one source, and a platform that shares what never changes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dropzone_assets.contracts import Contracts
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.sources import SourceConfig
from tests.chaos.letters import contracts

FATES = {"keep": {}, "delete": {"after": "delete"}, "move": {"after": "move", "move_to": "done"}}
"""What becomes of loaded files, and how an entry of a source says so."""

MEMORY = Path("/dev/shm")


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for homes, in memory where the system has that."""
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def make_home(home: Path, after: str = "keep", version: str = "1.0.0") -> Path:
    """A home on the disk, as a process of its own finds it."""
    (home / "contracts").mkdir(parents=True)
    for table, text in contracts(version).items():
        (home / "contracts" / f"{table}.odcs.yaml").write_text(text)
    (home / "dropzone").mkdir()
    fields = "".join(f", {name}: {value}" for name, value in FATES[after].items())
    entry = f"{{name: dropzone, url: dropzone, settle_seconds: 0, parallel: 1{fields}}}"
    (home / "sources.yaml").write_text(f"sources:\n  - {entry}\n")
    return home


def open_home(home: Path, after: str = "keep", version: str = "1.0.0") -> Platform:
    """The platform of a home, whose contracts and entries are not read again."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "dropzone").mkdir(exist_ok=True)
    platform = open_platform(Settings(home=home, threads=1))
    entry = {"name": "dropzone", "url": "dropzone", "settle_seconds": 0, "parallel": 1, **FATES[after]}
    platform.__dict__["_folder"] = _Unchanging(tables(version))
    platform.__dict__["configs"] = {"dropzone": SourceConfig.model_validate(entry)}
    return platform


class _Unchanging(NamedTuple):
    """A folder of contracts that nobody writes to."""

    contracts: Contracts

    def now(self) -> Contracts:
        """What it holds."""
        return self.contracts


@cache
def tables(version: str) -> Contracts:
    """The contracts, read once."""
    with workshop() as folder:
        found = open_platform(Settings(home=make_home(folder / "home", version=version))).contracts
    assert not found.broken, found.broken
    return found
