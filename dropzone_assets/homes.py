"""Where a home is, and how one is made: the folder of everything of one platform."""

import os
from pathlib import Path

from dropzone_assets.errors import BadSettings

CURE = "Make a home: dropzone init FOLDER. Or stand in one, or name one: export DROPZONE_HOME=FOLDER"

STARTER = Path(__file__).with_name("starter")
"""What a new home is made of."""

CONTRACT = "contracts/orders.odcs.yaml"

STARTERS = {
    CONTRACT: "orders.odcs.yaml",
    "sources.yaml": "sources.yaml",
    "dagster.yaml": "dagster.yaml",
    "workspace.yaml": "workspace.yaml",
    ".env.example": "env.example",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
"""A file of a home → the file it is a copy of."""


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
        around = (location for folder in (here, *here.parents) for location in (folder, folder / "data"))
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


def make_home(home: Path) -> tuple[list[str], list[str]]:
    """Make a folder a home; what was made, and what was there and was left as it is. Doing it twice changes nothing.

    The example contract comes only where there is no contract, and Dagster's file where Dagster has none of its own.

    Raises:
        OSError: it may not be written, or one of the places is something else.
    """
    made, kept = [], []
    for folder in ("contracts", "dropzone"):
        if not (home / folder).is_dir():
            (home / folder).mkdir(parents=True)
            made.append(f"{folder}/")
    for name, starter in STARTERS.items():
        if _has(home, name):
            kept.append(name)
            continue
        # Never over what another process makes at this moment.
        with (home / name).open("x", encoding="utf-8") as file:
            file.write((STARTER / starter).read_text(encoding="utf-8"))
        made.append(name)
    return made, kept


def _has(home: Path, name: str) -> bool:
    if (home / name).exists() or (home / name).is_symlink():
        return True
    if name == CONTRACT:
        return any((home / "contracts").glob("*.odcs.yaml"))
    return name == "dagster.yaml" and (home / "dagster" / name).exists()
