"""`dropzone up`: the Dagster UI and its daemon, watching the sources."""

import subprocess
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
    process = subprocess.Popen(command, env=settings.for_children())  # noqa: S603 - no part comes from outside
    while True:
        try:
            raise typer.Exit(process.wait())
        except KeyboardInterrupt:  # the child got it too and is closing its own children
            continue
