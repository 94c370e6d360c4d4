"""What a forked process does: one run, as `dagster api execute_run` does it, with a sign of life."""

import gc
import os
import runpy
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from dropzone_assets.orchestration.launcher.heartbeat import alive
from dropzone_assets.sqlite import write_ahead


def work(heartbeat: Path, arguments: Sequence[str], ready: Connection) -> None:
    """Be `python -m dagster`, apart from the terminal: who stops the daemon with Ctrl-C does not stop its runs.

    Args:
        sign: where the sign of life is.
        arguments: what `dagster` is to do.
        ready: is told once the sign is given.
    """
    os.setsid()
    # A daemon that a script starts in its background ignores interrupts; its runs must hear them, to be stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.freeze()  # what the zygote has made is no garbage, and to look through it costs a tenth of a second
    write_ahead()
    with alive(heartbeat):
        ready.send(os.getpid())
        ready.close()
        sys.argv = ["dagster", *arguments]
        runpy.run_module("dagster", run_name="__main__", alter_sys=True)
