"""The `dropzone` command. To add a command: one file here, one line in `app`."""

import sys

from dropzone_assets.interrupts import exit_code, listen

__all__ = ["main"]


def main() -> None:
    """Run the command line; it hears signals before it loads anything."""
    listen()
    try:
        from dropzone_assets.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(exit_code())
