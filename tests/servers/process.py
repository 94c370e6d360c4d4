"""A server as a process of its own, from when it answers until it is no longer needed."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def missing(what: str) -> None:
    """A server that is not there: no test here, and a failure where nothing may be skipped."""
    pytest.fail(what) if os.environ.get("CI") else pytest.skip(what)


@contextmanager
def running(command: Sequence[str], port: int, log: Path, patience: float = 5.0) -> Iterator[None]:
    """Run a server that answers at `port`. In the end it has `patience` seconds to go before it is killed."""
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{command[0]} did not come up:\n{log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield
        if server.poll() is not None:
            pytest.fail(f"{command[0]} ended by itself with {server.returncode}:\n{log.read_text()[-2000:]}")
    finally:
        _end(server, patience)


def _end(server: "subprocess.Popen[bytes]", patience: float) -> None:
    server.terminate()
    try:
        server.wait(patience)
    except subprocess.TimeoutExpired:  # vsftpd does not always hear it, SeaweedFS takes half a minute
        server.kill()
        server.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
