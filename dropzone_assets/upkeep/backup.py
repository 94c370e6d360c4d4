"""Backup: a copy of a home as of one moment, made while the daemon works."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import make_url

from dropzone_assets.damage import of_system
from dropzone_assets.engine import attached
from dropzone_assets.errors import Permanent, Transient
from dropzone_assets.pipeline.publish import publishing
from dropzone_assets.platform import Platform
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.copies import copy, copy_database, copy_open, files_below, link, sync

MANIFEST, FORMAT = "manifest.json", 1
"""What says what a backup holds, and of which kind that is."""

LEDGER, WAREHOUSE, LAKE, RAW, RUNS = "ledger.sqlite", "warehouse.duckdb", "lake", "raw", "dagster"
PLAIN = ("contracts", "sources.yaml", "known_hosts", "dagster.yaml", "workspace.yaml")
"""Files of a home that people write; `.env` holds secrets, and is not among them."""

MAKING = ".making-"


@dataclass
class Held:
    """One file of a backup: bytes, time (nanoseconds since 1970) and BLAKE3."""

    size: int
    mtime: int
    blake3: str


@dataclass
class Manifest:
    """What a backup holds. `elsewhere`: URLs of the home that it does not hold. `raw`: objects in the raw zone."""

    format: int
    made: str
    home: str
    elsewhere: list[str] = field(default_factory=list)
    raw: int = 0
    files: dict[str, Held] = field(default_factory=dict)

    @classmethod
    def read(cls, state: Path) -> "Manifest":
        """The manifest of a backup.

        Raises:
            Permanent: there is none, or one that a newer version of this program wrote.
        """
        try:
            said = json.loads((state / MANIFEST).read_text(encoding="utf-8"))
            if said["format"] > FORMAT:
                raise Permanent(f"{state} was made by a newer version of this program.", "Restore it with that one.")
            return cls(**{**said, "files": {path: Held(**held) for path, held in said["files"].items()}})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Permanent(f"{state} is no backup: {error}.", "Name the folder that dropzone backup wrote.") from error

    @property
    def size(self) -> int:
        """Bytes of its files, without the raw zone."""
        return sum(held.size for held in self.files.values())


def backup(platform: Platform, folder: Path, keep: int = 1) -> tuple[Path, Manifest, int]:
    """Copy what a home needs to go on elsewhere below `folder`; the new backup, its manifest, raw objects copied.

    Ledger, warehouse and lake are of one moment: commits and publications wait until they are copied. What an earlier
    backup holds is not copied again. Killed anywhere, the earlier backups are as they were.

    Args:
        keep: how many backups stay, the new one among them.

    Raises:
        Permanent: the ledger is no SQLite file, or a folder may not be written.
        Transient: another backup writes there, or somebody holds the warehouse or the lake for too long.
    """
    settings = platform.settings
    _refuse(settings, folder)
    with _alone(folder):
        for unfinished in folder.glob(f"{MAKING}*"):
            shutil.rmtree(unfinished)
        older = states(folder)
        at = datetime.now(UTC)
        making = folder / f"{MAKING}{at:%Y%m%dT%H%M%S.%fZ}"
        making.mkdir()
        copying = _Copying(making, older[-1] if older else None, Manifest(FORMAT, at.isoformat(), str(settings.home)))
        copying.manifest.elsewhere = [url for url in (settings.raw, settings.lake) if "://" in url]
        _copy_state(platform, copying)
        copied = _copy_raw(settings, folder, copying.manifest)
        text = json.dumps(asdict(copying.manifest), indent=1)
        (making / "written").write_text(text, encoding="utf-8")
        copy(making / "written", making / MANIFEST)
        (making / "written").unlink()
        sync(making)
        made = making.rename(folder / making.name.removeprefix(MAKING))
        sync(folder)
        for old in states(folder)[:-keep]:
            shutil.rmtree(old)
    return made, copying.manifest, copied


def states(folder: Path) -> list[Path]:
    """The whole backups in a folder, oldest first."""
    return sorted(each.parent for each in folder.glob(f"*/{MANIFEST}") if not each.parent.name.startswith("."))


def _refuse(settings: Settings, folder: Path) -> None:
    url = make_url(settings.ledger)
    if url.get_backend_name() != "sqlite":
        raise Permanent(
            f"The ledger is at {url.render_as_string()}, which is no file.",
            "Back it up with its own tools while nothing runs (pg_dump), and the home's folder beside it.",
        )
    inside = [settings.home / RAW, settings.home / LAKE, settings.home / "contracts", settings.instance]
    if any(folder.resolve().is_relative_to(each.resolve()) for each in inside):
        raise Permanent(f"{folder} is inside of what is to be copied.", "Name a folder outside, on another disk.")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise Transient(f"Another dropzone backup writes to {folder}.", "Wait for it.") from error
    except OSError as error:
        raise of_system(error) or error from error


class _Copying:
    """A backup that is being made, beside the one before it."""

    def __init__(self, making: Path, before: Path | None, manifest: Manifest) -> None:
        self.making = making
        self.manifest = manifest
        self._before = before
        self._known: Mapping[str, Held] = Manifest.read(before).files if before else {}

    def hold(self, path: str, digest: str) -> None:
        """A file is copied."""
        facts = (self.making / path).stat()
        self.manifest.files[path] = Held(facts.st_size, facts.st_mtime_ns, digest)

    def tree(self, name: str, folder: Path) -> None:
        """Copy a folder, but for what the backup before has; done again, what has changed meanwhile."""
        there = dict(files_below(folder))
        for path in [path for path in self.manifest.files if path.startswith(f"{name}/")]:
            if path.removeprefix(f"{name}/") not in there:
                (self.making / path).unlink()
                del self.manifest.files[path]
        for path, facts in there.items():
            face, target = (facts.st_size, facts.st_mtime_ns), f"{name}/{path}"
            mine, known = self.manifest.files.get(target), self._known.get(target)
            if mine and (mine.size, mine.mtime) == face:
                continue
            (self.making / target).unlink(missing_ok=True)
            same = known and (known.size, known.mtime) == face
            if known and same and self._before and link(self._before / target, self.making / target):
                self.manifest.files[target] = known
                continue
            try:
                self.hold(target, copy(folder / path, self.making / target))
            except FileNotFoundError:  # replaced or taken away just now: the copy under the lock counts
                self.manifest.files.pop(target, None)


def _copy_state(platform: Platform, copying: _Copying) -> None:
    """Everything but the raw zone. Most of the lake is copied before anybody has to wait."""
    settings = platform.settings
    lake = platform.lake.local("")
    if lake:
        copying.tree(LAKE, lake)
    with publishing(platform):
        if lake:
            copying.tree(LAKE, lake)
        _copy_books(platform, copying)
    for file in sorted(settings.instance.rglob("*.db")):
        target = f"{RUNS}/{file.relative_to(settings.instance)}"
        copying.hold(target, copy_database(file, copying.making / target))
    for name in PLAIN:
        location = settings.home / name
        if location.is_dir():
            copying.tree(name, location)
        elif location.is_file():
            copying.hold(name, copy(location, copying.making / name))
    own = settings.instance / "dagster.yaml"
    if own.is_file() and not own.is_symlink():  # else it is the home's
        copying.hold(f"{RUNS}/dagster.yaml", copy(own, copying.making / RUNS / "dagster.yaml"))


def _copy_books(platform: Platform, copying: _Copying) -> None:
    """Ledger and warehouse, while nobody commits: a commit holds the warehouse until the ledger knows."""
    ledger, warehouse = Path(make_url(platform.settings.ledger).database or ""), platform.settings.warehouse
    _ = platform.ledger
    if not warehouse.exists():
        copying.hold(LEDGER, copy_database(ledger, copying.making / LEDGER))
        return
    # The file stays open until the warehouse is let go: whoever closes it lets go all locks of his process.
    with (
        warehouse.open("rb") as content,
        closing(platform.connect()) as connection,
        attached(connection, warehouse, read_only=True),
    ):
        copying.hold(LEDGER, copy_database(ledger, copying.making / LEDGER))
        copying.hold(WAREHOUSE, copy_open(content, copying.making / WAREHOUSE))
        ahead = warehouse.with_name(f"{warehouse.name}.wal")
        if ahead.exists():
            copying.hold(f"{WAREHOUSE}.wal", copy(ahead, copying.making / f"{WAREHOUSE}.wal"))


def _copy_raw(settings: Settings, folder: Path, manifest: Manifest) -> int:
    """Copy the raw objects that the backup lacks: they are named by their content, so they never change."""
    if "://" in settings.raw:
        return 0
    here = {path: facts.st_size for path, facts in files_below(Path(settings.raw)) if not hidden(path)}
    there = {path: facts.st_size for path, facts in files_below(folder / RAW)}
    lacking = [path for path, size in here.items() if there.get(path) != size]
    for path in lacking:
        copy(Path(settings.raw) / path, folder / RAW / path)
    manifest.raw = len(here)
    return len(lacking)


def hidden(path: str) -> bool:
    """Whether a file is not whole yet, by its name."""
    return path.rpartition("/")[2].startswith(".")
