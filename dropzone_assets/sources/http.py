"""Files at URLs of HTTP servers: one, or a list."""

import ssl
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import pyarrow as pa
from blake3 import blake3

from dropzone_assets.errors import BadSettings, DropzoneError, NotLetIn, Permanent, SourceUnavailable
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.listing import Found, pages
from dropzone_assets.sources.wire.stream import stream
from dropzone_assets.sources.wire.tls import context

CONNECT = 10.0
"""Seconds to wait for a connection."""

PATIENCE = 60.0
"""Seconds to wait for the next bytes of an answer."""

REDIRECTS = 5
GONE = (404, 410)
LATER = (408, 425, 429)
"""Answers below 500 that waiting may change."""

PACKED = (".gz", ".gzip", ".tgz", ".br", ".zst")
"""Files that are meant to arrive packed, whatever their server says about them."""


class Http:
    """URLs as a source. A URL below `url` is a file with the rest as its path; any other has its last part as name.

    A server cannot be asked to take a file away, and does not say whether a file is still written to.
    """

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        if config.after != "keep":
            found = f"sources.yaml: {config.name} has the kind http and `after: {config.after}`."
            raise BadSettings(found, "Files of HTTP servers can only be kept: leave `after` out.")
        if config.receipts.at_source:
            found = f"sources.yaml: {config.name} has the kind http, which has no room for receipts."
            raise BadSettings(found, "Write receipts: {url: …}, or leave them out.")
        self._name = config.name
        self._parallel = config.parallel
        self._credentials = credentials
        self._urls = _paths(config)
        self._plain = any(url.startswith("http:") for url in self._urls.values())
        self._making = Lock()
        self._made: httpx.Client | None = None

    def list(self) -> Iterator[pa.RecordBatch]:
        """Every file whose URL answers. Those that fail are named at the end, when the others have been given."""
        with ThreadPoolExecutor(self._parallel) as pool:
            answers = dict(zip(self._urls, pool.map(self._tried, self._urls), strict=True))
        yield from pages(found for found in answers.values() if isinstance(found, Found))
        failed = [error for error in answers.values() if isinstance(error, DropzoneError)]
        if failed:
            kind = next((type(error) for error in failed if isinstance(error, SourceUnavailable)), type(failed[0]))
            raise kind(" ".join(error.found for error in failed), failed[0].cure) from failed[0]

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """The bytes of one file; those of the last URL when the server sends us on."""
        pieces = self._pieces(path)
        with closing(stream(pieces)) as content:
            next(pieces)
            yield content

    def version(self, path: str) -> str:
        """What the server says about the file now."""
        found = self._asked(path) if path in self._urls else None
        return found.version if found else ""

    def remove(self, path: str) -> None:
        """Raises Permanent: it cannot be done."""
        raise Permanent(f"{self._name}: HTTP cannot take {path} away.", "Leave `after` out in sources.yaml.")

    def move(self, path: str, folder: str) -> None:
        """Raises Permanent: it cannot be done."""
        raise Permanent(f"{self._name}: HTTP cannot move {path}.", "Leave `after` out in sources.yaml.")

    def write(self, path: str, content: bytes) -> None:
        """Raises Permanent: it cannot be done."""
        raise Permanent(f"{self._name}: HTTP cannot leave {path} there.", "Write receipts: {url: …} in sources.yaml.")

    def close(self) -> None:
        """Let go of every connection."""
        with self._making:
            client, self._made = self._made, None
        if client:
            client.close()

    def _tried(self, path: str) -> Found | DropzoneError | None:
        try:
            return self._asked(path)
        except DropzoneError as error:
            return error

    def _asked(self, path: str) -> Found | None:
        """A file as its server describes it; None when there is none."""
        with self._answering(path):
            answer = self._client().head(self._urls[path])
        found = self._found(path, answer)
        if found or answer.status_code in GONE:
            return found
        with self._answering(path), self._client().stream("GET", self._urls[path]) as answer:
            if answer.status_code in GONE:
                return None
            self._check(path, answer)
            return self._found(path, answer) or self._read(path, answer)

    def _found(self, path: str, answer: httpx.Response) -> Found | None:
        """What the headers tell; None where they tell no version."""
        if not answer.is_success:
            return None
        size = answer.headers.get("content-length", "-1")
        tag, changed = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
        version = tag or (f"{changed}-{size}" if changed else "")
        return Found(path, version, int(size), None) if version else None

    def _read(self, path: str, answer: httpx.Response) -> Found:
        """A file of a server that tells nothing: all of it has to be read to know whether it changed."""
        content, size = blake3(), 0
        for piece in answer.iter_raw():
            content.update(piece)
            size += len(piece)
        return Found(path, content.hexdigest(), size, None)

    def _pieces(self, path: str) -> Generator[bytes, None, None]:
        """The file from its start, after one empty piece that says that there is such a file."""
        if path not in self._urls:
            raise FileNotFoundError(path)
        with self._answering(path), self._client().stream("GET", self._urls[path]) as answer:
            if answer.status_code in GONE:
                raise FileNotFoundError(path)
            self._check(path, answer)
            yield b""
            yield from answer.iter_raw() if path.lower().endswith(PACKED) else answer.iter_bytes()

    def _check(self, path: str, answer: httpx.Response) -> None:
        code = answer.status_code
        said = f"{self._location(path)} answers {code} {answer.reason_phrase}."
        if answer.is_success:
            return
        if code in (401, 403, 407):
            raise NotLetIn(said, "Check the user and password or the token: the variables named under `credentials`.")
        if answer.is_server_error or code in LATER:
            raise SourceUnavailable(said, "Check that the server is well; then run again.")
        raise Permanent(said, "Correct the url in sources.yaml.")

    @contextmanager
    def _answering(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.TooManyRedirects as error:
            raise Permanent(
                f"{self._location(path)} sends us on and on.", "Correct the url in sources.yaml."
            ) from error
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError) as error:
            said = ": ".join(filter(None, (type(error).__name__, self._credentials.scrub(error))))
            if "CERTIFICATE_VERIFY_FAILED" in said:
                cure = "Name the variable that holds the server's CA under `credentials: {ca: VAR}`."
                raise NotLetIn(f"{self._location(path)} is not who it claims to be: {said}.", cure) from error
            cure = "Check that the server runs and can be reached; then run again."
            raise SourceUnavailable(f"{self._location(path)} does not answer: {said}.", cure) from error

    def _location(self, path: str) -> str:
        """A URL without its query, which may hold what is not for everybody."""
        return f"{self._name}: {self._urls[path].partition('?')[0]}"

    def _client(self) -> httpx.Client:
        with self._making:
            if self._made is None:
                token, user = self._credentials("token"), self._credentials("user")
                headers = {"Accept-Encoding": "identity", "User-Agent": "dropzone-assets"}
                self._made = httpx.Client(
                    headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
                    auth=httpx.BasicAuth(user, self._credentials("password")) if user else None,
                    verify=context(self._name, self._credentials),
                    timeout=httpx.Timeout(PATIENCE, connect=CONNECT),
                    follow_redirects=True,
                    max_redirects=REDIRECTS,
                    event_hooks={"request": [self._allowed]},
                )
            return self._made

    def _allowed(self, request: httpx.Request) -> None:
        """Wherever a server sends us on to, it is HTTP, and not in the clear when all of our own URLs are not."""
        if request.url.scheme not in (("http", "https") if self._plain else ("https",)):
            found = f"{self._name}: {request.url.host or 'a server'} sends us on to {request.url.scheme}."
            raise NotLetIn(found, "Ask its owner; nothing was read.")


def _paths(config: SourceConfig) -> dict[str, str]:
    """The URLs of an entry by the path of their file.

    Raises:
        BadSettings: one is no URL, or is there twice.
    """
    below = config.url.rstrip("/") + "/" if config.url and config.urls else ""
    urls = [urljoin(below, url) for url in config.urls] or [config.url]
    found = {}
    short = Counter(_short(url, below) for url in urls)
    for url in urls:
        _sound(config, url)
        parts = urlsplit(url)
        path = _short(url, below)
        found[path if short[path] == 1 else unquote(f"{parts.netloc}{parts.path}?{parts.query}".rstrip("?"))] = url
    if len(found) < len(urls):
        raise BadSettings(f"sources.yaml: {config.name} has the same url twice.", "Remove one of them.")
    return found


def _sound(config: SourceConfig, url: str) -> None:
    try:
        parsed = httpx.URL(url)
        sound = parsed.scheme in ("http", "https") and bool(parsed.host)
    except httpx.InvalidURL:
        sound = False
    if not sound:
        raise BadSettings(f"sources.yaml: {config.name} has the url {url!r}.", "Write it like https://host/file.")


def _short(url: str, below: str) -> str:
    plain = url.partition("?")[0].partition("#")[0]
    if below and plain.startswith(below) and plain != below:
        return unquote(plain.removeprefix(below))
    return unquote(urlsplit(url).path.rsplit("/", 1)[-1]) or urlsplit(url).netloc
