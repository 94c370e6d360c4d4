"""`dropzone up`: the Dagster UI and its daemon, watching the sources."""

import os
import sys
from typing import Annotated

import typer

from dropzone_assets.cli.show import err, here


def up(
    port: Annotated[int, typer.Option(help="Port of the UI.")] = 3000,
    host: Annotated[str, typer.Option(help="Address the UI listens on.")] = "127.0.0.1",
) -> None:
    """Start the Dagster UI and the daemon that runs sensors, schedules and backfills; stop with Ctrl-C."""
    from dropzone_assets.instance import prepare_instance

    settings = here().settings
    prepare_instance(settings)
    err.print(f"The UI will be at http://{host}:{port}; drop files into {settings.home / 'dropzone'}.", highlight=False)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "dropzone_assets.definitions", "-p", str(port), "-h", host]
    os.execve(sys.executable, command, settings.for_children())  # noqa: S606 - no part comes from outside
