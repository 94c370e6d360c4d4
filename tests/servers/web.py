"""A small web server for tests: files of a folder, with what real ones do to us."""

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import unquote, urlsplit


class Web(BaseHTTPRequestHandler):
    """Answers for the files below `root`; subclassed for each test, so that it can be told how."""

    protocol_version = "HTTP/1.1"
    root: ClassVar[Path]
    authorization: ClassVar[str] = ""
    tells: ClassVar[tuple[str, ...]] = ("ETag", "Last-Modified")
    codes: ClassVar[dict[str, int]] = {}
    """Path, or method and path → the code of the answer."""
    encoding: ClassVar[str] = ""
    redirects: ClassVar[dict[str, str]] = {}
    seen: ClassVar[list[tuple[str, str, str]]] = []
    """Method, path and Authorization of each request."""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path).removeprefix("/")
        self.seen.append((self.command, path, self.headers.get("Authorization", "")))
        code = self.codes.get(f"{self.command} {path}") or self.codes.get(path) or 200
        if path in self.redirects:
            self._say(302, {"Location": self.redirects[path]}, b"", with_body)
        elif self.authorization and self.headers.get("Authorization") != self.authorization:
            self._say(401, {"WWW-Authenticate": "Basic"}, b"who are you", with_body)
        elif code != 200 or not (self.root / path).is_file():
            self._say(code if code != 200 else 404, {}, b"no", with_body)
        else:
            content = (self.root / path).read_bytes()
            changed = str((self.root / path).stat().st_mtime_ns)
            told = {
                "ETag": f'"{hashlib.md5(content + changed.encode()).hexdigest()}"',
                "Last-Modified": self.date_time_string(int(changed) // 10**9),
            }
            packed = {"Content-Encoding": self.encoding} if self.encoding else {}
            self._say(200, {name: told[name] for name in self.tells} | packed, content, with_body)

    def _say(self, code: int, headers: dict[str, str], content: bytes, with_body: bool) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content)


class Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that leaves early is none."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], secure: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server from now to the end."""
    with Quiet(("127.0.0.1", 0), handler) as server:
        if secure:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
