"""The Dagster instance: where runs and events are kept, made ready on first use."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock

from dropzone_assets.settings import Settings

TEMPLATE = Path(__file__).parents[1] / "dagster.yaml"
"""The project's `dagster.yaml`."""


def prepare_instance(settings: Settings) -> Path:
    """Make the instance's folder with its `dagster.yaml` and its database; the folder.

    Two processes that open an empty instance at once would both create its database, so one waits for the other.
    """
    home = settings.instance
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(home / ".preparing"):
        if not (home / "dagster.yaml").exists() and TEMPLATE.exists():
            shutil.copy(TEMPLATE, home / "dagster.yaml")
        with dg.DagsterInstance.from_config(str(home)) as instance:
            instance.get_runs(limit=1)
    return home


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance of these settings."""
    with dg.DagsterInstance.from_config(str(prepare_instance(settings))) as instance:
        yield instance
