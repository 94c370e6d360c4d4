"""One tick over a million known objects: how much cpu and memory it takes to find out that nothing is new.

Two places with the same million names: a bucket, whose listing comes in a thousand pages from a server that answers
ListObjectsV2 as S3 does, and a list of files on a web server. The servers are processes of their own, so their cost is
not counted. The first tick fills the ledger; the second is measured.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from benchmarks.measure import measure

OBJECTS = int(os.environ.get("OBJECTS", 1_000_000))
"""How many the server has; it is a process of its own, so this is how it is told."""

PAGE = 1_000

THIS = (sys.executable, "-m", "benchmarks.listing")
"""The server, and each look, is a process of its own."""


class Tick(NamedTuple):
    """What one look took, from opening the listing to the last entry in the ledger; the peak is of its process."""

    source: str
    what: str
    seen: int
    new: int
    cpu: float
    wall: float
    peak: float


CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: urn:bench:orders
version: 1.0.0
status: active
customProperties: [{property: dropzone, value: {files: ["orders_*.csv"]}}]
schema: [{name: orders, properties: [{name: id}]}]
"""


def name(number: int) -> str:
    """The name of one object, in the order of a bucket."""
    return f"exports/region-{number // 20_000:03d}/orders_{number:08d}.csv"


class Server(BaseHTTPRequestHandler):
    """ListObjectsV2 in pages (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html), and the list."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The list, or a page of the listing."""
        asked = urlsplit(self.path)
        self._answer(self._names() if asked.path.endswith("files_list.data") else self._page(parse_qs(asked.query)))

    def log_message(self, *_: object) -> None:
        """Silence."""

    def _names(self) -> bytes:
        return "".join(f"{name(number)}\n" for number in range(OBJECTS)).encode()

    def _page(self, query: dict[str, list[str]]) -> bytes:
        first = int(query.get("continuation-token", ["0"])[0])
        last = min(first + PAGE, OBJECTS)
        more = f"<NextContinuationToken>{last}</NextContinuationToken>" if last < OBJECTS else ""
        items = "".join(
            f"<Contents><Key>{name(n)}</Key><LastModified>2024-05-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{n:032x}&quot;</ETag><Size>1000</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for n in range(first, last)
        )
        truncated = str(last < OBJECTS).lower()
        return (
            '<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>b</Name><Prefix></Prefix><KeyCount>{last - first}</KeyCount><MaxKeys>{PAGE}</MaxKeys>"
            f"<IsTruncated>{truncated}</IsTruncated>{more}{items}</ListBucketResult>"
        ).encode()

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)


def serve() -> None:
    """A server on a free port, which it prints."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    print(server.server_port, flush=True)
    server.serve_forever()


def look(home: str, source: str) -> None:
    """One tick in a process of its own; prints what it took."""
    from dropzone_assets.pipeline.discover import discover
    from dropzone_assets.platform import open_platform
    from dropzone_assets.settings import Settings

    platform = open_platform(Settings(home=Path(home)))
    _ = platform.contracts, platform.ledger, platform.sources
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    intake = discover(platform, source)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = {"seen": intake.seen, "new": intake.new, "cpu": cpu, "wall": wall}
    print(json.dumps(found))


def ticks(objects: int, say: Callable[[str], object]) -> Iterator[Tick]:
    """For each place the tick that fills the ledger, and the one after it."""
    sized = {**os.environ, "OBJECTS": str(objects)}
    command = [*THIS, "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=sized) as server:
        assert server.stdout
        address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        places = {
            "bucket": {"kind": "s3", "url": "s3://b", "endpoint": address},
            "list": {"kind": "file_list", "url": address},
        }
        try:
            for source, place in places.items():
                say(f"tick: {objects:,} objects in a {source}")
                yield from _ticks(source, place)
        finally:
            server.kill()


def _ticks(source: str, place: dict[str, str]) -> Iterator[Tick]:
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    with TemporaryDirectory(prefix="dropzone-bench-") as folder:
        home = Path(folder)
        (home / "contracts").mkdir()
        (home / "contracts" / "orders.odcs.yaml").write_text(CONTRACT)
        (home / "sources.yaml").write_text(json.dumps({"sources": [{"name": source, "settle_seconds": 0, **place}]}))
        for what in ("the first tick", "a tick with nothing new"):
            cost, said = measure([*THIS, "look", folder, source], home / "cost.json", environment=keys)
            yield Tick(source, what, **json.loads(said), peak=cost.peak)


if __name__ == "__main__":
    {"serve": serve, "look": look}[sys.argv[1]](*sys.argv[2:])
