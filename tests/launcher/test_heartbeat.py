"""Signs of life end with their process, and are nobody else's."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from dropzone_assets.orchestration.launcher.heartbeat import alive, holder, stop
from tests.launcher.conftest import until


def live(heartbeat: Path, deaf: bool, ready: Connection) -> None:
    """Live for a minute, with a child; do not hear interrupts when deaf."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN if deaf else signal.default_int_handler)
    with alive(heartbeat):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        ready.send(child.pid)
        time.sleep(60)


def start(heartbeat: Path, *, deaf: bool = False) -> tuple[ForkServerProcess, int]:
    """A process that lives, and the pid of its child."""
    context = multiprocessing.get_context("forkserver")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=live, args=(heartbeat, deaf, there))
    process.start()
    return process, here.recv()


def test_a_process_that_was_killed_gives_no_sign_of_life(tmp_path: Path) -> None:
    heartbeat = tmp_path / "signs" / "run"
    assert holder(heartbeat) is None
    process, child = start(heartbeat)
    assert holder(heartbeat) == process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert holder(heartbeat) is None
    assert int(heartbeat.read_text()) == process.pid  # what it left is not believed
    os.kill(child, signal.SIGKILL)


def test_a_process_that_was_given_an_old_pid_is_not_taken_for_a_run(tmp_path: Path) -> None:
    heartbeat = tmp_path / "run"
    heartbeat.write_text(str(os.getpid()))
    assert holder(heartbeat) is None
    assert not stop(heartbeat, 1.0)


@pytest.mark.parametrize("deaf", [False, True])
def test_a_process_is_asked_to_stop_and_killed_with_its_children_when_it_does_not(deaf: bool, tmp_path: Path) -> None:
    process, child = start(tmp_path / "run", deaf=deaf)
    assert stop(tmp_path / "run", 0.3 if deaf else 30.0)
    process.join()
    assert process.exitcode == (-signal.SIGKILL if deaf else 1)
    assert holder(tmp_path / "run") is None
    if deaf:
        until(lambda: not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text(), 5)
    else:
        os.kill(child, signal.SIGKILL)


def test_a_sign_is_taken_away_in_the_end(tmp_path: Path) -> None:
    with alive(tmp_path / "run"):
        assert holder(tmp_path / "run") == os.getpid()
    assert list(tmp_path.iterdir()) == []
