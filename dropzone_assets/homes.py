"""Where a home is: the folder that holds everything of one platform, its tables, sources, files and books."""

import os
from pathlib import Path

from dropzone_assets.errors import BadSettings

CURE = "Make a home: dropzone init FOLDER. Or stand in one, or name one: export DROPZONE_HOME=FOLDER"


def is_home(folder: Path) -> bool:
    """Whether a folder that nobody named is a home: it holds `sources.yaml`.

    A folder called `contracts` is in many a repository, and what is no home must not become one by standing in it.
    """
    return (folder / "sources.yaml").is_file()


def find_home(named: str, here: Path) -> Path:
    """The home to work in, with every link resolved: the one named, else the nearest.

    The nearest is `here` itself, else `here/data`, else the same of the folder above, as git looks for its own.

    Args:
        named: what DROPZONE_HOME says, `~` allowed; such a home may have only a folder `contracts`.
        here: the folder one stands in.

    Raises:
        BadSettings: there is none, or the one named is none, or may not be written.
    """
    if not named:
        around = (place for folder in (here, *here.parents) for place in (folder, folder / "data"))
        if nearest := next(filter(is_home, around), None):
            return _writable(nearest.resolve())
        found = f"There is no home in {here}, in its folder data, or above: a home is a folder with sources.yaml."
        raise BadSettings(found, CURE)
    home = (here / Path(named).expanduser()).resolve()
    if not home.is_dir():
        what = "is no folder" if home.exists() else "does not exist"
        raise BadSettings(f"DROPZONE_HOME is {named}, which {what}.", CURE)
    if not is_home(home) and not (home / "contracts").is_dir():
        raise BadSettings(f"DROPZONE_HOME is {named}, which has neither sources.yaml nor contracts/.", CURE)
    return _writable(home)


def _writable(home: Path) -> Path:
    if not os.access(home, os.W_OK | os.X_OK):
        raise BadSettings(
            f"The home {home} may not be written.", "Correct its permissions, or that of its disk; then run again."
        )
    return home
