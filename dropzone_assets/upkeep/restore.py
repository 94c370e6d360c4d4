"""Restore: a home becomes what a backup holds, and what it held before is put aside."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout
from sqlalchemy import make_url

from dropzone_assets.errors import Permanent, StoreDamaged, Transient
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.backup import (
    LAKE,
    LEDGER,
    MANIFEST,
    PLAIN,
    RAW,
    RUNS,
    WAREHOUSE,
    Manifest,
    hidden,
    states,
)
from dropzone_assets.upkeep.copies import copy, files_below, hashed

BESIDE = ("-wal", "-shm", ".wal")
"""Ends of the names of files that belong to a database."""


@dataclass(frozen=True)
class Restored:
    """What was restored: the backup, what it says of itself, raw objects copied, and where the old state went."""

    state: Path
    manifest: Manifest
    raw: int
    aside: Path | None


def restore(settings: Settings, folder: Path, *, force: bool = False) -> Restored:
    """Make a home what the newest backup below `folder` holds, or the one that `folder` is.

    Nothing is deleted: what the home held is moved aside, but for the raw zone, which only gets what it lacks. Every
    byte of the backup is compared with its hash before anything is moved.

    Args:
        force: also where the home holds something.

    Raises:
        Permanent: there is no backup, or the home holds something.
        StoreDamaged: the backup is not what it was.
        Transient: somebody works in the home.
    """
    state = _newest(folder)
    manifest = Manifest.read(state)
    locations = _locations(settings)
    for path, held in manifest.files.items():
        file = state / path
        if path.partition("/")[0] not in locations or ".." in path.split("/"):
            raise Permanent(f"{state / MANIFEST} names {path}, which is no file of a home.", "Name another backup.")
        if not file.is_file() or file.stat().st_size != held.size or hashed(file) != held.blake3:
            raise StoreDamaged(f"{file} is not what was backed up.", "Name an older backup, if there is one.")
    settings.home.mkdir(parents=True, exist_ok=True)
    with _alone(settings):
        if not force and (locations[LEDGER].exists() or locations[WAREHOUSE].exists()):
            raise Permanent(
                f"{settings.home} holds a ledger or a warehouse already.",
                "Move them aside and restore: dropzone restore DIR --force. Or restore elsewhere: --into FOLDER.",
            )
        aside = _move_aside(settings, locations, manifest)
        for path in manifest.files:
            name, _, rest = path.partition("/")
            copy(state / path, locations[name] / rest if rest else locations[name])
        raw = _fill_raw(settings, state.parent / RAW)
    return Restored(state, manifest, raw, aside)


def _newest(folder: Path) -> Path:
    if (folder / MANIFEST).is_file():
        return folder
    found = states(folder) if folder.is_dir() else []
    if not found:
        raise Permanent(f"{folder} holds no backup.", "Name the folder that was given to dropzone backup.")
    return found[-1]


def _locations(settings: Settings) -> dict[str, Path]:
    """Where each part of a backup belongs."""
    url = make_url(settings.ledger)
    if url.get_backend_name() != "sqlite":
        raise Permanent("The ledger of this home is no file.", "Restore it with its own tools (pg_restore).")
    own = {name: settings.home / name for name in PLAIN}
    ahead = settings.warehouse.with_name(f"{settings.warehouse.name}.wal")
    own |= {LEDGER: Path(url.database or ""), WAREHOUSE: settings.warehouse, f"{WAREHOUSE}.wal": ahead}
    return own | {RUNS: settings.instance, LAKE: Path(settings.lake)}


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Nobody else works in the home: neither an ingest, nor a daemon, nor a publication."""
    locks = [settings.home / ".ingest.lock", settings.home / ".lake.lock"]
    locks += [lock for lock in (settings.heartbeats / "lock",) if lock.exists()]
    try:
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(FileLock(lock, timeout=0))
            yield
    except Timeout as error:
        raise Transient(f"Somebody works in {settings.home}.", "End dropzone up and dropzone ingest first.") from error


def _move_aside(settings: Settings, locations: dict[str, Path], manifest: Manifest) -> Path | None:
    """Put what is in the place of something restored into a folder of its own; None where there is nothing."""
    held = {path.partition("/")[0] for path in manifest.files}
    mine = [location for name, location in locations.items() if name in held or name in (LEDGER, WAREHOUSE)]
    beside = [location.with_name(location.name + end) for location in mine for end in BESIDE]
    there = [location for location in dict.fromkeys([*mine, *beside]) if location.exists()]
    if not there:
        return None
    aside = settings.home / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    aside.mkdir()
    for location in there:
        location.rename(aside / location.name)
    return aside


def _fill_raw(settings: Settings, kept: Path) -> int:
    """Copy the raw objects that the home lacks, or has not whole; how many."""
    if "://" in settings.raw:
        return 0
    here = {path: facts.st_size for path, facts in files_below(Path(settings.raw))}
    there = {path: facts.st_size for path, facts in files_below(kept) if not hidden(path)}
    lacking = [path for path, size in there.items() if here.get(path) != size]
    for path in lacking:
        if copy(kept / path, Path(settings.raw) / path) != PurePosixPath(path).name.partition(".")[0]:
            (Path(settings.raw) / path).unlink()
            raise StoreDamaged(
                f"{kept / path} is not what was backed up.",
                "Put it there from another copy, then restore with --force.",
            )
    return len(lacking)
