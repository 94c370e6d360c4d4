"""A real S3 server (SeaweedFS) in a folder of its own, for the length of the session."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

KEY, SECRET = "dropzone", "dropzone-secret"


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with one user and one bucket, `lake`."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.fail("weed is not installed") if os.environ.get("CI") else pytest.skip("the servers extra is missing")
    folder = tmp_path_factory.mktemp("weed")
    identity = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}]}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    (folder / "s3.json").write_text(json.dumps({"identities": [{**identity, "actions": actions}]}))
    master, volume, filer, port = free_ports(4)
    options = {
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "dir": str(folder),
        "master.port": master,
        "volume.port": volume,
        "filer.port": filer,
        "s3.port": port,
        "s3.config": str(folder / "s3.json"),
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "volume.max": 50,
        "master.volumeSizeLimitMB": 512,
    }
    command = [str(weed), "server", "-filer", "-s3", *(f"-{name}={value}" for name, value in options.items())]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}", server, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()  # its polite end takes half a minute, and the folder goes with it
            server.wait(20)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a bucket that the environment's credentials may write."""
    boto3 = pytest.importorskip("boto3")
    for name, value in {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    name = f"lake-{time.time_ns()}"
    boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1").create_bucket(Bucket=name)
    return name


def free_ports(count: int) -> list[int]:
    """Ports that are free, each with the one 10,000 above it, which the server takes for gRPC."""
    found: list[int] = []
    while len(found) < count:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = first.getsockname()[1] % 20_000 + 20_000
        try:
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 10_000)):
                if port not in found:
                    found.append(port)
        except OSError:
            continue
    return found


def _wait(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2)
        except urllib.error.HTTPError:  # it answers, and wants a signature
            return
        except OSError:
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"the S3 server did not come up:\n{log.read_text()[-2000:]}")
