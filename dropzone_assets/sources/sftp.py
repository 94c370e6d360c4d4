"""Files on an SFTP server, however deep."""

import posixpath
import stat
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, cast
from uuid import uuid4

import asyncssh
import pyarrow as pa

from dropzone_assets.errors import Permanent, SourceUnavailable
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.listing import Found, pages
from dropzone_assets.sources.wire.address import inside
from dropzone_assets.sources.wire.known_hosts import HostKey, pin, pinned
from dropzone_assets.sources.wire.ssh import Connection, Forbidden
from dropzone_assets.sources.wire.stream import stream

PIECE = 1024 * 1024
SLOW = 600.0
"""Seconds for one piece over the slowest line; a server that is gone is found out long before."""

NAMES = 1_000
"""Names that are taken over from the connection's thread at once."""

NOT_REGULAR = "is a link or a special file, not a regular file"


class Sftp:
    """A folder of an SFTP server as a source; `sftp://host/~/folder` is below the user's home.

    Links are never followed. The server's clock is not ours, so no file is ever said to have settled.
    """

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        self._name = config.name
        self._home = home
        self._server = Connection(config, home, credentials)
        path = self._server.at.path or "/~/"
        self._root = inside(path.removeprefix("/~/") or ".") if path.startswith("/~/") else b"/" + inside(path[1:])

    def list(self) -> Iterator[pa.RecordBatch]:
        """Every file below the folder. Names are bytes: one that is not UTF-8 is set aside alone."""
        return pages(self._files())

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """The bytes of one file. Raises Permanent when it is a link."""
        target = self._inside(path)
        client = self._server.client()
        attributes = self._server.run(lambda client: client.lstat(target), client)
        if not stat.S_ISREG(attributes.permissions or 0):
            raise Permanent(f"{path} {NOT_REGULAR}.", "Drop the file itself.")
        file = self._server.run(lambda client: client.open(target, "rb"), client)
        try:
            with closing(stream(self._pieces(client, file))) as content:
                yield content
        finally:
            self._server.start(lambda _: file.close(), client)

    def version(self, path: str) -> str:
        """Size and mtime of the file now."""
        target = self._inside(path)
        try:
            return _version(self._server.run(lambda client: client.lstat(target)))
        except FileNotFoundError:
            return ""

    def remove(self, path: str) -> None:
        """Take a file away."""
        target = self._inside(path)
        try:
            self._server.run(lambda client: client.remove(target))
        except FileNotFoundError:
            return

    def move(self, path: str, folder: str) -> None:
        """Move a file below `folder`."""
        if self.version(path):
            here, there = self._inside(path), self._inside(f"{folder}/{path}")
            self._server.run(lambda client: _move(client, here, there))

    def write(self, path: str, content: bytes) -> None:
        """Write a file under a hidden name, then give it its own."""
        there = self._inside(path)
        hidden = posixpath.join(posixpath.dirname(there), f".{uuid4().hex}".encode())
        self._server.start(lambda client: _write(client, hidden, there, content), None, SLOW).result()

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    def host_key(self) -> HostKey:
        """The key that the server shows now."""
        return self._server.host_key()

    def pinned(self) -> Sequence[HostKey]:
        """The keys that a person has pinned for it."""
        return pinned(self._home, self._server.host)

    def pin(self, key: HostKey) -> None:
        """Trust this key from now on."""
        pin(self._home, key)

    def _inside(self, path: str) -> bytes:
        return posixpath.join(self._root, inside(path))

    def _files(self) -> Iterator[Found]:
        folders = [b""]
        while folders:
            folder = folders.pop()
            try:
                for entry in self._entries(folder):
                    name = cast(bytes, entry.filename)
                    if not stat.S_ISDIR(entry.attrs.permissions or 0):
                        yield _found(posixpath.join(folder, name), entry.attrs)
                    elif not name.startswith((b".", b"_")):
                        folders.append(posixpath.join(folder, name))
            except FileNotFoundError as error:
                if not folder:
                    raise SourceUnavailable(
                        f"{self._name}: {self._server.at.shown} has no folder {self._root.decode(errors='replace')}.",
                        "Make it there, or correct the url in sources.yaml.",
                    ) from error
            except Forbidden:
                if not folder:
                    raise
                yield Found(folder.decode(errors="backslashreplace"), "", -1, None, "is a folder we may not list")

    def _entries(self, folder: bytes) -> Iterator[asyncssh.SFTPName]:
        client = self._server.client()
        names = client.scandir(posixpath.join(self._root, folder))
        while some := self._server.run(lambda _: _next(names), client):
            yield from some

    def _pieces(self, client: asyncssh.SFTPClient, file: asyncssh.SFTPClientFile) -> Generator[bytes, None, None]:
        """The file from its start; while one piece is worked on, the next is on its way."""

        def read() -> "Future[bytes]":
            return self._server.start(lambda _: file.read(PIECE), client, SLOW)

        ahead = read()
        try:
            while piece := ahead.result():
                ahead = read()
                yield piece
        finally:
            wait([ahead])


async def _next(names: AsyncIterator[asyncssh.SFTPName]) -> list[asyncssh.SFTPName]:
    found = []
    async for name in names:
        found.append(name)
        if len(found) == NAMES:
            break
    return found


async def _write(client: asyncssh.SFTPClient, hidden: bytes, there: bytes, content: bytes) -> None:
    await client.makedirs(posixpath.dirname(there), exist_ok=True)
    try:
        async with client.open(hidden, "wb") as file:
            await file.write(content)
        await _rename(client, hidden, there)
    except asyncssh.SFTPError:
        if await client.exists(hidden):
            await client.remove(hidden)
        raise


async def _move(client: asyncssh.SFTPClient, here: bytes, there: bytes) -> None:
    await client.makedirs(posixpath.dirname(there), exist_ok=True)
    await _rename(client, here, there)


async def _rename(client: asyncssh.SFTPClient, here: bytes, there: bytes) -> None:
    try:
        await client.posix_rename(here, there)
    except asyncssh.SFTPOpUnsupported:  # an old server, whose rename replaces nothing
        if await client.exists(there):
            await client.remove(there)
        await client.rename(here, there)


def _found(path: bytes, attributes: asyncssh.SFTPAttrs) -> Found:
    shown = path.decode("utf-8", "backslashreplace")
    return Found(shown, _version(attributes), attributes.size or 0, None, _problem(path, attributes))


def _version(attributes: asyncssh.SFTPAttrs) -> str:
    return f"{attributes.size}-{attributes.mtime}"


def _problem(path: bytes, attributes: asyncssh.SFTPAttrs) -> str:
    if not stat.S_ISREG(attributes.permissions or 0):
        return NOT_REGULAR
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    return ""
