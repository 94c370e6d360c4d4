"""What an archive is: a file whose name says so, opened as a stream of its members within bounds."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple, cast

from dropzone_assets.archives import refusals
from dropzone_assets.archives.bounds import Bounds, Meter
from dropzone_assets.archives.kind import Entry, Kind, Packed
from dropzone_assets.archives.names import clean_name
from dropzone_assets.archives.stream import as_file
from dropzone_assets.errors import Refused

ROOM = "dropzone_assets.archives"

KINDS = {
    ".zip": f"{ROOM}.zip:Zip",
    ".tar": f"{ROOM}.tar:Tar",
    ".tar.gz": f"{ROOM}.tar:TarGzip",
    ".tgz": f"{ROOM}.tar:TarGzip",
    ".tar.bz2": f"{ROOM}.tar:TarBzip2",
    ".tbz2": f"{ROOM}.tar:TarBzip2",
    ".tar.xz": f"{ROOM}.tar:TarXz",
    ".txz": f"{ROOM}.tar:TarXz",
    ".tar.zst": f"{ROOM}.tar:TarZstd",
    ".gz": f"{ROOM}.single:Gzip",
    ".bz2": f"{ROOM}.single:Bzip2",
    ".xz": f"{ROOM}.single:Xz",
    ".zst": f"{ROOM}.single:Zstd",
    ".7z": f"{ROOM}.seven:Seven",
}
"""The ending of a file's name → the class that opens it; the longest ending wins. xlsx and ods are tables, not here."""


class Member(NamedTuple):
    """One file of an archive: its clean relative POSIX path, and why it cannot be read; '' when it can."""

    path: str
    problem: str


def ending(name: str) -> str:
    """The longest ending of the name that is a kind of archive; empty when there is none."""
    return max((end for end in KINDS if name.lower().endswith(end)), key=len, default="")


def is_archive(name: str) -> bool:
    """Whether a file of this name is opened as an archive. Only the name decides."""
    return bool(ending(name))


@contextmanager
def open_archive(
    file: Path, name: str, bounds: Bounds, password: str = ""
) -> Iterator[Iterator[tuple[Member, BinaryIO | None]]]:
    """The members of an archive in its order, each with its bytes; None for those with a problem.

    Nothing is written anywhere. Read a stream before asking for the next member; what is not read is skipped.
    A stream raises Refused when that member cannot be unpacked: go on with the next. Where the archive cannot go
    on, or is past a bound, the iteration raises Refused as well, after the members before.

    Args:
        file: the bytes.
        name: what the file is called, for its kind, for messages, and for the member of a `.gz` and its like.
        bounds: how much it may unpack to.
        password: what opens its encrypted members.

    Raises:
        Refused: it is no archive, is damaged, or is past a bound.
    """
    found = ending(name)
    if not found:
        raise Refused(f"{name} is no archive.", f"Archives end with {', '.join(KINDS)}.")
    size = file.stat().st_size
    if not size:
        raise refusals.cut(name, "it is empty")
    module, kind = KINDS[found].split(":")
    with file.open("rb") as opened:
        packed = Packed(opened, name, size, password, Meter(bounds, name, size))
        archive = cast(Kind, getattr(import_module(module), kind)(packed))
        with closing(_members(archive, packed.meter)) as members:
            yield members


def without_ending(name: str) -> str:
    """The last part of the name without its archive's ending."""
    last = PurePosixPath(name).name
    return last[: len(last) - len(ending(last))]


def _members(archive: Kind, meter: Meter) -> Generator[tuple[Member, BinaryIO | None], None, None]:
    seen: set[str] = set()
    entries = archive.entries()
    while (entry := _next(entries, meter)) is not None:
        if not entry.folder:
            member = _member(entry, seen)
            yield member, None if member.problem else as_file(entry.chunks(), meter)


def _next(entries: Iterator[Entry], meter: Meter) -> Entry | None:
    with meter.running():
        meter.check()
        entry = next(entries, None)
        if entry is not None:
            meter.entry()
        return entry


def _member(entry: Entry, seen: set[str]) -> Member:
    path, problem = clean_name(entry.name)
    problem = problem or entry.problem or ("is in the archive twice" if path in seen else "")
    seen.add(path)
    return Member(path, problem)
