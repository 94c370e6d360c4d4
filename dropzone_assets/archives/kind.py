"""What a kind of archive is given, and what it gives."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, Protocol

from dropzone_assets.archives.bounds import Meter

CHUNK = 256 * 1024
"""Bytes that are unpacked at a time; no member is ever held whole."""


class Packed(NamedTuple):
    """One archive file, open: its seekable bytes, its name and size, the source's password ('' for none), its meter."""

    file: BinaryIO
    name: str
    size: int
    password: str
    meter: Meter


class Entry(NamedTuple):
    """One entry as it is written in the archive: its name, what is wrong with it, how to unpack it in chunks.

    The chunks pass the meter, are asked for once at most, and before the next entry. Folders are entries too.
    """

    name: str
    problem: str
    chunks: Callable[[], Iterator[bytes]]
    folder: bool = False


class Kind(Protocol):
    """One way of packing files into one.

    Chunks raise Refused when their member cannot be unpacked; `entries` when the archive cannot go on.
    """

    def __init__(self, packed: Packed) -> None: ...

    def entries(self) -> Iterator[Entry]:
        """Every entry, in the order of the archive."""


def read_in_chunks(packed: Packed) -> Iterator[bytes]:
    """The bytes of the file itself."""
    while chunk := packed.file.read(CHUNK):
        yield chunk
