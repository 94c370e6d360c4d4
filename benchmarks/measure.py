"""Run a command and say what it took: cpu of it and its children, wall time, peak of memory; then end as it ended.

This is a process of its own for every command, because the peak of a child starts with that of the one it was
forked from. `python measure.py REPORT COMMAND …` writes JSON to REPORT; it needs nothing but Python.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What a process and those it waited for took: seconds of cpu and of wall time, megabytes at the peak of one."""

    cpu: float
    wall: float
    peak: float


class Failed(Exception):
    """A contestant ended badly; the text is the end of what it printed."""


def measure(
    command: Sequence[str], report: Path, *, environment: Mapping[str, str] | None = None, patience: float = 3600
) -> tuple[Cost, str]:
    """Run a command; what it took, and what it printed on standard output.

    Args:
        command: the program and its arguments.
        report: a file to write to.
        environment: variables beside those of this process.
        patience: seconds after which the command is ended and has failed.

    Raises:
        Failed: its exit code is not 0, or the patience is over.
    """
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-S", __file__, str(report), str(patience), *command],
        env={**own, **(environment or {})},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Failed((done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")[-2000:])
    return Cost(**json.loads(report.read_text())), done.stdout


def main(report: str, patience: str, *command: str) -> int:
    """Start the command in a group of its own, wait for it, write down what it took."""
    start = time.perf_counter()
    child = subprocess.Popen(command, start_new_session=True)
    import signal
    import threading

    alarm = threading.Timer(float(patience), os.killpg, (child.pid, signal.SIGKILL))
    alarm.start()
    _, status, used = os.wait4(child.pid, 0)
    alarm.cancel()
    spent = {"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - start, "peak": used.ru_maxrss / 1024}
    Path(report).write_text(json.dumps(spent))
    return os.waitstatus_to_exitcode(status) and 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
