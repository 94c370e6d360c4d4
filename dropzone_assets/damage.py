"""What databases and the system say of the platform's own files, as ours: which file, what was found, what to do."""

import errno
from pathlib import Path

from dropzone_assets.errors import DiskFull, DropzoneError, StoreBusy, StoreDamaged, StoreForbidden

WAREHOUSE = "Make it again from the raw zone: mv {file} {file}.damaged && dropzone rebuild warehouse"
LEDGER = (
    "Put a backup back: dropzone restore DIR --force. Without one: mv {file} {file}.damaged && dropzone rebuild ledger"
)
RUNS = "It holds the history of runs and no data, and is made anew: mv {file} {file}.damaged"
"""What to do about a damaged file, by what rests in it."""

OLDER = "Use the version of this program that wrote it, or a newer one."
ROOM = "Free some space there, then run again."
OPEN = "Let the user of this process write to the file and its folder, and look whether the disk is mounted read-only."
WAIT = "Close the program that holds it, then run again."

BROKEN = (
    "not a valid DuckDB database file",
    "Corrupt database file",
    "Could not read enough bytes from file",
    "Failure while replaying WAL file",
    "Is a directory",
    "file is not a database",
    "database disk image is malformed",
    "malformed database schema",
    "unsupported file format",
)
NEWER = ("Trying to read a database file with version number", "was created with a newer version of DuckDB")
CLOSED = (
    "Permission denied",
    "Read-only file system",
    "attempt to write a readonly database",
    "unable to open database file",
)
FULL = ("No space left on device", "database or disk is full", "Disk quota exceeded")
IO = ("disk I/O error", "Input/output error")
"""Words of DuckDB, SQLite and the system."""


def as_ours(file: str | Path, said: str, cure: str) -> DropzoneError | None:
    """What a database said of its `file` as our error; None when the file is not what was at fault.

    Args:
        cure: what to do when the file is damaged; `{file}` is its name.
    """
    first = said.strip().splitlines()[0] if said.strip() else ""
    if any(words in said for words in NEWER):
        return StoreDamaged(f"{file} was written by a newer version: {first}.", OLDER)
    if any(words in said for words in BROKEN):
        return StoreDamaged(f"{file} is damaged: {first}.", cure.format(file=file))
    if any(words in said for words in CLOSED):
        return StoreForbidden(f"{file} may not be used as it has to be: {first}.", OPEN)
    if any(words in said for words in FULL):
        return DiskFull(f"The disk of {file} is full: {first}.", ROOM)
    if any(words in said for words in IO):
        return DiskFull(f"The disk of {file} does not work as it should: {first}.", "Look at the disk, then run again.")
    if "database is locked" in said:
        return StoreBusy(f"{file} is held by another program: {first}.", WAIT)
    return None


def of_system(error: OSError) -> DropzoneError | None:
    """What the system said of a file or folder as our error; None when it is about something else."""
    location = error.filename2 or error.filename or "a file"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreForbidden(f"{location} may not be used as it has to be: {error.strerror}.", OPEN)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"The disk of {location} is full: {error.strerror}.", ROOM)
    if error.errno == errno.EIO:
        return DiskFull(f"The disk of {location} does not work as it should: {error.strerror}.", "Look at the disk.")
    return None
