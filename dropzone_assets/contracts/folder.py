"""The folder of contracts as it is now, read again only when a file of it has changed."""

from datetime import date
from pathlib import Path

from dropzone_assets.contracts.load import Contracts, Opens, load_contracts


class ContractsFolder:
    """What a folder holds, for processes that outlive a change of it.

    Args:
        first_day: as for `load_contracts`.
        opens: as for `load_contracts`.
    """

    def __init__(self, folder: Path, first_day: date, opens: Opens) -> None:
        self._folder, self._first_day, self._opens = folder, first_day, opens
        self._read: tuple[object, Contracts] | None = None

    def now(self) -> Contracts:
        """The contracts as the folder has them now."""
        state = sorted((file.name, *_stamp(file)) for file in self._folder.glob("*.odcs.yaml"))
        read = self._read
        if read is None or read[0] != state:
            read = self._read = (state, load_contracts(self._folder, self._first_day, self._opens))
        return read[1]


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes with a file; nothing when it is gone."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
