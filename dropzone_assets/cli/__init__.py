"""The `dropzone` command. To add a command: one file here, one line in `app`."""

import sys

from dropzone_assets.interrupts import RESUMED, SAID, exit_code, heard, listen, sentence

__all__ = ["main"]


def main() -> None:
    """Run the command line; it hears signals before it loads anything."""
    listen()
    try:
        from dropzone_assets.cli.app import main as run

        run()
    except (KeyboardInterrupt, SystemExit) as end:
        command = next(iter(sys.argv[1:]), "")
        if not heard() or (isinstance(end, SystemExit) and command not in RESUMED):
            raise
        if not SAID:
            sys.stderr.write(f"{sentence(command)}\n")
        sys.exit(exit_code())
