"""One command of Dagster's, in a process that ends with its parent; run with `python -m`."""

import gc
import os
import signal
import sys
from importlib.metadata import entry_points
from pathlib import Path
from threading import Thread
from time import sleep

from dropzone_assets.orchestration.launcher.heartbeat import alive

GRACE = 10.0
"""Seconds that an orphan has to end in an orderly way."""


def main() -> None:
    """Be a command, with a sign of life: `child SIGN COMMAND ARGUMENT...`; the command is one that a package installs.

    Standard input is a pipe that the parent holds open and never writes to: it ends with the parent, also when that is
    killed, on every system.
    """
    heartbeat, *sys.argv = sys.argv[1:]
    # A script starts what is in its background deaf to interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    Thread(target=_end_with_parent, name="parent", daemon=True).start()
    (command,) = entry_points(group="console_scripts", name=sys.argv[0])
    with alive(Path(heartbeat)):
        try:
            command.load()()
        finally:
            gc.freeze()  # to look through all that Dagster has made costs the end of a process seconds


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
