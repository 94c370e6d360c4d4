"""Sweep: what a process that died had half made on the disk is taken away, once nobody can be making it any more."""

import shutil
from contextlib import suppress
from pathlib import Path
from time import time

from dropzone_assets.platform import Platform

OLD = 24 * 3600.0
"""Seconds: no file is on its way for longer."""


def sweep(platform: Platform) -> int:
    """Empty the place for half-made files of what has been there for more than a day; how many things."""
    folder = platform.settings.spill
    old = [path for path in folder.iterdir() if _age(path) > OLD] if folder.is_dir() else []
    for path in old:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def _age(path: Path) -> float:
    """Seconds since it was last written to; another process may have taken it away meanwhile."""
    with suppress(FileNotFoundError):
        return time() - path.lstat().st_mtime
    return 0.0
