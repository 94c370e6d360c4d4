"""`dropzone up` in a home of its own, and what is left of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.launcher.conftest import until

PATIENCE = 300
"""Seconds that a machine with much else to do may take to start it."""

Start = Callable[..., "Up"]


class Up:
    """One `dropzone up`; `told` is all it has printed."""

    def __init__(self, home: Path, *options: str, shell: str = "", **environment: str) -> None:
        command = [sys.executable, "-c", "from dropzone_assets.cli import main; main()", "up", *options]
        self._log = home / f"up{len(list(home.glob('up*.log')))}.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", f'{shell} "$@" & echo $! > {home}/pid; wait $!', "sh", *command] if shell else command,
                env={**os.environ, "DROPZONE_HOME": str(home), **environment},
                cwd=home,
                stdout=log,
                stderr=log,
            )
        if shell:
            until((home / "pid").exists, 30)
            until(lambda: (home / "pid").read_text(), 30)
        self.pid = int((home / "pid").read_text()) if shell else self.process.pid

    @property
    def told(self) -> str:
        return self._log.read_text()

    def says(self, words: str) -> "Up":
        until(lambda: words in self.told or self.process.poll() is not None, PATIENCE)
        assert words in self.told, self.told
        return self

    def below(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def service(self, name: str) -> psutil.Process:
        return next(each for each in self.below() if f".up/{name}" in " ".join(each.cmdline()))

    def ends(self, seconds: float = PATIENCE) -> int:
        return self.process.wait(seconds)


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start `dropzone up` with some options, on any port, with patience for a machine that has much else to do."""
    started: list[Up] = []

    def start(*options: str, **how: str) -> Up:
        started.append(Up(home, "--port", "0", "--patience", str(PATIENCE), *options, **how))
        return started[-1]

    yield start
    for up in started:
        if up.process.poll() is None:
            below = psutil.Process(up.process.pid).children(recursive=True)
            for each in (up.process, *below):
                each.send_signal(signal.SIGKILL)
            up.process.wait(30)
