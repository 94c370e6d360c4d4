"""A list below a web address keeps the promises of lists."""

from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from dropzone_assets.sources import SourceConfig
from tests.cases.lists import ListCases

USER, PASSWORD = "reader", "web-secret"
ANSWER = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Guarded(SimpleHTTPRequestHandler):
    """A folder on the web for those who know the password."""

    protocol_version = "HTTP/1.1"

    def send_head(self) -> Any:
        if self.headers["Authorization"] == ANSWER:
            return super().send_head()
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def log_message(self, *args: object) -> None:
        """Nobody listens."""


class WebPlace:
    """A folder that a web server shows, with a list of what is there."""

    secrets: ClassVar[dict[str, str]] = {"WEB_USER": USER, "WEB_PASSWORD": PASSWORD, "WRONG": "wrong-secret"}

    def __init__(self, home: Path, address: str) -> None:
        self.home = home
        self.root = home / "web" / "root"
        self.address = address
        self.names: list[str] = []
        self.write("files_list.data", b"")

    def config(self, **fields: Any) -> SourceConfig:
        credentials = {"user": "WEB_USER", "password": "WEB_PASSWORD"}
        location = {"name": "site", "kind": "file_list", "url": f"{self.address}/root", "credentials": credentials}
        return SourceConfig.model_validate({**location, "settle_seconds": 0, **fields})

    def dead(self) -> SourceConfig:
        return self.config(url="http://127.0.0.1:9/root")

    def stranger(self) -> SourceConfig:
        return self.config(credentials={"user": "WEB_USER", "password": "WRONG"})

    def write(self, path: str, content: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def put(self, path: str, content: bytes) -> None:
        self.write(path, content)
        self._name([*self.names, path])

    def remove(self, path: str) -> None:
        (self.root / path).unlink()
        self._name([name for name in self.names if name != path])

    def _name(self, names: list[str]) -> None:
        self.names = names
        self.write("files_list.data", "".join(f"{name}\n" for name in names).encode())


@pytest.fixture
def location(tmp_path: Path) -> Iterator[WebPlace]:
    handler = partial(Guarded, directory=str(tmp_path / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield WebPlace(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()


class TestWebFileList(ListCases):
    pass
