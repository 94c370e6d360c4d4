"""A real blob service (Azurite) in a folder of its own, for the length of the session."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.s3.conftest import free_ports

HERE = Path(__file__).parents[2] / ".venv" / "node" / "node_modules" / ".bin" / "azurite-blob"


@pytest.fixture(scope="session")
def azure_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the account that every Azurite has, `devstoreaccount1`."""
    found = str(HERE) if HERE.exists() else shutil.which("azurite-blob")
    if not found:
        pytest.fail("azurite is missing") if os.environ.get("CI") else pytest.skip("azurite is missing: make services")
    folder = tmp_path_factory.mktemp("azurite")
    (port,) = free_ports(1)
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", str(folder)]
    command = [found, *options, "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(port, server, folder / "log")
            yield f"http://127.0.0.1:{port}/devstoreaccount1"
        finally:
            server.kill()
            server.wait(20)
            shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"azurite did not come up:\n{log.read_text()[-2000:]}")
