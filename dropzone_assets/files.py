"""The things that travel the pipeline: a file seen at a source, a delivery, its copy in the raw zone."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import PurePosixPath

KEY_LENGTH = 20
"""Hex digits of a delivery's key: 80 bits, so that a billion deliveries do not collide."""


FILES = "files"
"""In place of a table: what is no one table's, that is archives, files for several tables, and files only passed on."""

INSIDE = "!/"
"""Between the path of an archive and that of its member, as in JAR URLs."""


def name_of(path: str) -> str:
    """The last part of a path; of the path of a member, its own name."""
    return path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Listed:
    """One version of one file, as a source lists it.

    `version` changes whenever the bytes may have changed (size and mtime, or an ETag). `settled` is false while
    the file may still be written. `problem` says why it can never be read, when that is plain from its name.
    """

    source: str
    path: str
    version: str
    size: int
    settled: bool = True
    problem: str = ""

    @property
    def key(self) -> str:
        """The delivery's name for ever: equal for the same version of the same file, and for nothing else."""
        return sha256("\0".join((self.source, self.path, self.version)).encode()).hexdigest()[:KEY_LENGTH]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One version of one file, as the ledger knows it.

    `table`: what it belongs to, `FILES`, or empty where nobody knows. `same_as`: the delivery with the same bytes it is
    linked to. `parent`: the delivery it came in. `rows_promised`: what a manifest beside it says. `lot`: those it may
    share a run with. `again`: how it is validated again by another contract; empty otherwise.
    """

    key: str
    source: str
    path: str
    version: str
    size: int
    table: str
    file_time: datetime
    arrived: datetime
    state: str = "listed"
    content_hash: str = ""
    same_as: str = ""
    parent: str = ""
    rows_promised: int | None = None
    lot: str = ""
    again: str = ""

    @property
    def location(self) -> tuple[str, str, str]:
        """Where the file is, and which table it feeds there, whatever its version."""
        return (self.source, self.path, self.table)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return name_of(self.path)

    @property
    def file_date(self) -> date:
        """The day the file is for (UTC): its `raw` and `validated` partition."""
        return self.file_time.date()

    @property
    def raw_path(self) -> str:
        """Where the bytes rest in the raw zone: by content, with the name's suffix kept for people."""
        suffix = PurePosixPath(self.path).suffix
        safe = suffix if suffix[1:].isascii() and suffix[1:].isalnum() else ""
        return f"{self.content_hash[:2]}/{self.content_hash}{safe.lower()}"


@dataclass(frozen=True, slots=True)
class RawFile:
    """A delivery whose bytes are in the raw zone; `uri` is what DuckDB opens."""

    delivery: Delivery
    uri: str
