"""Transfer: bytes on their way from anywhere into the raw zone, hashed as they pass."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from blake3 import blake3

from dropzone_assets.damage import of_system
from dropzone_assets.errors import Permanent, SourceUnavailable, StoreForbidden
from dropzone_assets.files import Delivery
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.platform import Platform
from dropzone_assets.sources import Source
from dropzone_assets.store import Writing

CHUNK = 1 << 20
"""Bytes in memory while a file is copied."""


@contextmanager
def spooled(platform: Platform) -> Iterator[Path]:
    """A place on the disk for the bytes of one file on their way, which is gone afterwards."""
    spill = platform.settings.spill
    if not spill.is_dir():
        spill.mkdir(parents=True, exist_ok=True)
    spool = spill / f"incoming-{uuid4().hex}"
    try:
        yield spool
    finally:
        spool.unlink(missing_ok=True)


def copied(stream: BinaryIO, spool: Path) -> str:
    """Copy a stream to `spool`, a chunk at a time; the BLAKE3 of its bytes.

    Raises:
        DiskFull: there is no room for it.
        StoreForbidden: its folder may not be written.
    """
    digest = blake3()
    with _of_our_disk(spool):
        copy = spool.open("wb", buffering=0)  # what is written when a file is closed would be blamed on the stream
    with copy:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            rest = memoryview(chunk)
            with _of_our_disk(spool):
                while rest:
                    rest = rest[copy.write(rest) :]
    return digest.hexdigest()


@contextmanager
def _of_our_disk(spool: Path) -> Iterator[None]:
    """What the system says of our own disk, as ours; what it says of the stream is about the source."""
    try:
        yield
    except OSError as error:
        ours = of_system(OSError(error.errno, error.strerror, str(spool.parent)))
        found = f"{spool.parent} may not be used as it has to be: {error.strerror}."
        raise ours or StoreForbidden(found, "Let the user of this process write to it.") from error


def copied_from(source: Source, delivery: Delivery, spool: Path) -> str:
    """Copy a file of a source to `spool`, with what may go wrong as our errors; its BLAKE3."""
    try:
        with source.open(delivery.path) as stream:
            return copied(stream, spool)
    except FileNotFoundError as error:
        raise Permanent(f"{delivery.path} was gone before it was copied.", "Drop it again.") from error
    except PermissionError as error:
        cure = f"Make it readable, then: dropzone replay {delivery.table}."
        raise Permanent(f"{delivery.path} may not be read: {error}.", cure) from error
    except OSError as error:
        raise SourceUnavailable(f"{delivery.path} could not be copied: {error}", "It is tried again.") from error


def keep(platform: Platform, spool: Path, delivery: Delivery, writing: Writing | None = None) -> None:
    """Put spooled bytes into the raw zone, unless it holds them already, whole.

    Args:
        writing: others that are brought together with them, and are durable once that is settled.
    """
    if not raw_copy(platform, delivery, deep=True).whole:
        platform.raw.adopt(spool, delivery.raw_path, writing)
    elif writing:
        writing.held(delivery.raw_path)
