"""Failed folder: a folder in which people find what has failed, `failed/<stage>/`, exactly as the ledger has it."""

import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple
from uuid import uuid4

from blake3 import blake3
from filelock import FileLock, Timeout

from dropzone_assets.errors import Transient
from dropzone_assets.files import INSIDE, Delivery
from dropzone_assets.inspect.delivery_status import Trouble, troubles
from dropzone_assets.pipeline.unpublished import unpublished
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.failed_names import OURS, WHY, note_of, note_of_partition, safe_name

STAMP = ".mirrored"
"""What the ledger's journal and the folders were like when the last mirroring ended."""

PATIENCE = 30
"""Seconds to wait for another process that mirrors."""


class Failure(NamedTuple):
    """Where a failure is found: `link` leads to its bytes at `target`, where there are any; `note` says what was wrong.

    `moment`: when it failed last (UTC).
    """

    link: Path
    target: Path | None
    note: str
    moment: datetime | None


def write_failed_folder(platform: Platform) -> int:
    """Make what is missing and take away what is no longer failed; how many names were made or taken away.

    Done twice, nothing changes; killed in between, it is made good the next time. While neither the journal of the
    ledger nor the folders have changed, nothing is done.

    Raises:
        Transient: the folder cannot be written.
    """
    root = platform.settings.home / "failed"
    entry = f"{platform.ledger.queries.last_entry()} {platform.ledger.outages.state()}"
    try:
        if _stamped(root) == _state(root, entry):
            return 0
        failures = [*_failures(platform, root), *_missing(platform, root)]
        if not failures and not root.exists():
            return 0
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".lock", timeout=PATIENCE):
            changed = sum(_note(failure) + _link(failure) for failure in failures)
            changed += _take_away(root, {failure.link for failure in failures})
            _replace(root / STAMP, json.dumps(_state(root, entry)))
    except (OSError, Timeout) as error:
        raise Transient(f"{root} cannot be kept: {error}.", "Check the folder and its permissions.") from error
    return changed


def _failures(platform: Platform, root: Path) -> Iterator[Failure]:
    failed = troubles(platform, waiting=False)
    known = {each.key: each for each in platform.ledger.worklist.of_keys([trouble.key for trouble in failed])}
    for trouble in (each for each in failed if each.key in known):
        link = root / (trouble.stage or "read") / safe_name(trouble.file, trouble.key)
        target = _kept(platform, known[trouble.key]) or _at_source(platform, trouble)
        yield Failure(link, target, note_of(trouble), trouble.since)


def _missing(platform: Platform, root: Path) -> Iterator[Failure]:
    """The partitions that cannot be published: they have no bytes yet."""
    for one in unpublished(platform):
        name = f"{one.layer}-{one.table}-{one.day}"
        link = root / "upload" / safe_name(name, blake3(name.encode()).hexdigest())
        yield Failure(link, None, note_of_partition(one), one.tried)


def _kept(platform: Platform, delivery: Delivery) -> Path | None:
    """The copy in the raw zone, where that is a folder and has one."""
    local = platform.raw.local(delivery.raw_path) if delivery.content_hash else None
    return local if local and local.exists() else None


def _at_source(platform: Platform, trouble: Trouble) -> Path | None:
    """The file itself, where its source is a local folder and it is a plain file inside."""
    config = platform.configs.get(trouble.source)
    if config is None or config.kind != "folder" or INSIDE in trouble.file:
        return None
    root = (platform.settings.home / config.url).resolve()
    file = root / trouble.file
    try:
        inside = file.parent.resolve().is_relative_to(root) and S_ISREG(file.lstat().st_mode)
    except (OSError, ValueError):  # gone, or no name that a disk would take
        return None
    return file if inside else None


# -- what is there -----------------------------------------------------------------------------------------------------


def _note(failure: Failure) -> int:
    """The note beside a failure, as old as the failure: by that it is known to be the one. 1 when it was not there."""
    why = failure.link.with_name(failure.link.name + WHY)
    moment = int(failure.moment.replace(tzinfo=UTC).timestamp() * 1_000_000) if failure.moment else 0
    with suppress(FileNotFoundError):
        if why.lstat().st_mtime_ns // 1_000 == moment:
            return 0
    failure.link.parent.mkdir(exist_ok=True)
    _replace(why, failure.note, moment * 1_000)
    return 1


def _link(failure: Failure) -> int:
    """The link to the bytes; 1 when it was missing, or led elsewhere."""
    link, target = failure.link, failure.target
    held = link.readlink() if link.is_symlink() else None
    if held == target:
        return 0
    if target is None:
        link.unlink(missing_ok=True)
        return 1
    staged = link.with_name(f".{uuid4().hex}")
    staged.symlink_to(target)
    staged.replace(link)
    return 1


def _take_away(root: Path, links: Collection[Path]) -> int:
    """Take away what was made here and is not wanted; what other people put there stays. How many names."""
    wanted = {*links, *(link.with_name(link.name + WHY) for link in links)}
    count = 0
    for folder in _folders(root):
        with os.scandir(folder) as entries:
            gone = [Path(entry.path) for entry in entries if OURS.search(entry.name) and Path(entry.path) not in wanted]
        for path in gone:
            path.unlink(missing_ok=True)
        count += len(gone)
        with suppress(OSError):  # it holds something
            folder.rmdir()
    return count


def _folders(root: Path) -> list[Path]:
    with os.scandir(root) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]


def _state(root: Path, entry: str) -> dict[str, int | str]:
    """What changes whenever something has happened to a delivery, to a publication, or to a name in a folder."""
    folders = _folders(root) if root.is_dir() else []
    return {"": entry, **{folder.name: folder.stat().st_mtime_ns for folder in folders}}


def _stamped(root: Path) -> object:
    try:
        return json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _replace(file: Path, text: str, moment: int | None = None) -> None:
    """Write a file that appears whole, as old as `moment` (nanoseconds since 1970)."""
    staged = file.with_name(f".{uuid4().hex}")
    staged.write_text(text, encoding="utf-8")
    if moment is not None:
        os.utime(staged, ns=(moment, moment))
    staged.replace(file)
