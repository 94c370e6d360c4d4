"""An instance that forks its runs, and a daemon in a process of its own that launches them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.orchestration.instance import prepare_instance
from dropzone_assets.settings import Settings
from tests.launcher.jobs import JOBS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def kept(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of a home, as `dropzone up` prepares it."""
    with dg.DagsterInstance.from_config(str(prepare_instance(Settings(home=home)))) as instance:
        yield instance


class Daemon:
    """A process that launches runs until it is told to end."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        environment = {**os.environ, "DROPZONE_HOME": str(home)}
        self._instance = instance
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.launcher.daemon"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def launch(self, run: dg.DagsterRun) -> dg.DagsterRun:
        assert self.process.stdin and self.process.stdout
        print(run.run_id, file=self.process.stdin, flush=True)
        assert run.run_id in map(str.strip, self.process.stdout), "what runs print may come before"
        return run

    def start(self, name: str) -> dg.DagsterRun:
        """Launch one of the jobs."""
        origin = dg.reconstructable(JOBS[name]).get_python_origin()
        return self.launch(self._instance.create_run_for_job(JOBS[name], job_code_origin=origin))

    def end(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(90)
        self.process.stdout.close()


@pytest.fixture
def daemon(home: Path, kept: dg.DagsterInstance) -> Iterator[Daemon]:
    daemon = Daemon(home, kept)
    yield daemon
    daemon.end()


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.02)
