"""Files on an FTP server, in the clear or over TLS, however deep."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import pyarrow as pa

from dropzone_assets.errors import NotLetIn
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.listing import Found, pages
from dropzone_assets.sources.wire.address import inside
from dropzone_assets.sources.wire.ftp_lines import Line, facts, listed
from dropzone_assets.sources.wire.ftp_server import Client, Refusal, Server, wire
from dropzone_assets.sources.wire.ftp_times import Times
from dropzone_assets.sources.wire.stream import stream

PIECE = 256 * 1024


class Ftp:
    """A folder of an FTP server as a source; like every url of FTP it is below the user's home, or begins with `//`.

    The server's clock is not ours, so no file is ever said to have settled.
    """

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        self._name = config.name
        self._server = Server(config, credentials)
        self._times = Times()

    def list(self) -> Iterator[pa.RecordBatch]:
        """Every file below the folder. Names are bytes: one that is not UTF-8 is set aside alone."""
        return pages(self._files())

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """The bytes of one file, over a connection of its own."""
        pieces = self._pieces(wire(inside(path)))
        with closing(stream(pieces)) as content:
            try:
                next(pieces)
            except Refusal as error:
                raise self._no(path, error) from error
            yield content

    def version(self, path: str) -> str:
        """Size and time of the last change of the file now."""
        target = wire(inside(path))
        try:
            with self._server.borrowed() as client:
                return _version(_asked(client, _below(client, target)))
        except Refusal as error:
            if not str(error).startswith("55"):
                raise self._server.meant(error) from error
            return ""

    def remove(self, path: str) -> None:
        """Take a file away."""
        self._change(path, lambda client, target: client.voidcmd(f"DELE {target}"))

    def move(self, path: str, folder: str) -> None:
        """Move a file below `folder`."""
        there = wire(inside(f"{folder}/{path}"))
        if self.version(path):
            self._change(path, lambda client, target: _move(client, target, there))

    def write(self, path: str, content: bytes) -> None:
        """Send a file under a hidden name, then give it its own."""
        target = inside(path)
        hidden = inside("/".join((*path.split("/")[:-1], f".{uuid4().hex}")))
        try:
            with self._server.borrowed() as client:
                _write(client, wire(hidden), wire(target), content)
        except Refusal as error:
            raise self._may_not(path, error) from error

    def close(self) -> None:
        """Let go of every connection."""
        self._server.close()

    def _files(self) -> Iterator[Found]:
        folders = [b""]
        self._times.look()
        while folders:
            folder = folders.pop()
            try:
                with self._server.borrowed() as client:
                    lines = _lines(client, wire(folder))
                    found = [self._found(client, folder + line.name, line) for line in lines if line.kind != "folder"]
            except Refusal as error:
                if not folder or not str(error).startswith("55"):
                    raise self._server.meant(error) from error
                yield Found(
                    folder[:-1].decode("utf-8", "backslashreplace"), "", -1, None, "is a folder we may not list"
                )
                continue
            yield from filter(None, found)
            inner = [line.name for line in lines if line.kind == "folder" and not line.name.startswith((b".", b"_"))]
            folders += [folder + name + b"/" for name in inner if b"\n" not in name and b"\r" not in name]

    def _found(self, client: Client, path: bytes, line: Line) -> Found | None:
        """A file, with its time asked for where the listing tells no seconds; None when it has gone meanwhile."""
        shown = path.decode("utf-8", "backslashreplace")
        problem, time = _problem(path, line), line.time
        if not time and not problem and b"\n" not in path and b"\r" not in path:
            target = _below(client, wire(path))
            try:
                time = self._times.time_of(path, line, lambda: _time(client, target))
            except Refusal as error:
                if not str(error).startswith("55"):
                    raise
                if _gone(client, target):
                    return None
                problem = "has no time of its last change, says the server"
        return Found(shown, _version(line._replace(time=time)), line.size, None, problem)

    def _pieces(self, target: str) -> Generator[bytes, None, None]:
        """The file from its start, after one empty piece that says that there is such a file."""
        with self._server.borrowed() as client, closing(client.data(f"RETR {_below(client, target)}")) as data:
            yield b""
            while piece := data.recv(PIECE):
                yield piece
            client.finish(data)

    def _change(self, path: str, change: Callable[[Client, str], object]) -> None:
        target = wire(inside(path))
        try:
            with self._server.borrowed() as client:
                change(client, _below(client, target))
        except Refusal as error:
            if self.version(path):
                raise self._no(path, error) from error

    def _no(self, path: str, error: Refusal) -> Exception:
        """Our error for an answer of no: the file is gone, or it is not for us."""
        if not str(error).startswith("55"):
            return self._server.meant(error)
        if not self.version(path):
            return FileNotFoundError(path)
        return self._may_not(path, error)

    def _may_not(self, path: str, error: Refusal) -> Exception:
        if not str(error).startswith("55"):
            return self._server.meant(error)
        return NotLetIn(
            f"{self._name}: {self._server.at.shown} does not allow it: {path}: {error}.",
            "Ask its owner for the right to read this folder, and to change it where `after` is not keep.",
        )


def _below(client: Client, target: str) -> str:
    return f"{client.root.rstrip('/')}/{target}"


def _lines(client: Client, folder: str) -> list[Line]:
    client.cwd(_below(client, folder) if folder else client.root)
    with closing(client.data("MLSD" if client.facts else "LIST")) as data:
        said = b"".join(iter(lambda: data.recv(PIECE), b""))
        client.finish(data)
    lines = said.split(b"\r\n" if b"\r\n" in said else b"\n")
    read = facts if client.facts else listed
    return [line for line in map(read, filter(None, lines)) if line]


def _asked(client: Client, target: str) -> Line:
    """What the server says about one file now."""
    if client.facts:
        line = facts(client.sendcmd(f"MLST {target}").split("\n")[1].removeprefix(" ").encode("latin-1"))
        line = line or Line(b"", "folder", 0)
        return line if line.time else line._replace(time=_time(client, target))
    return Line(b"", "file", client.size(target) or 0, _time(client, target))


def _time(client: Client, target: str) -> str:
    return client.sendcmd(f"MDTM {target}").partition(" ")[2].strip()


def _gone(client: Client, target: str) -> bool:
    try:
        client.size(target)
    except Refusal:
        return True
    return False


def _version(line: Line) -> str:
    return f"{line.size}-{line.time}" if line.kind != "folder" else ""


def _problem(path: bytes, line: Line) -> str:
    if line.kind == "other":
        return "is a link or a special file, not a regular file"
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    return ""


def _write(client: Client, hidden: str, there: str, content: bytes) -> None:
    _folders(client, there)
    with closing(client.data(f"STOR {_below(client, hidden)}")) as data:
        data.sendall(content)
        client.finish(data)
    _rename(client, _below(client, hidden), there)


def _move(client: Client, here: str, there: str) -> None:
    _folders(client, there)
    _rename(client, here, there)


def _folders(client: Client, there: str) -> None:
    folders = there.split("/")[:-1]
    for depth in range(1, len(folders) + 1):
        try:
            client.mkd(_below(client, "/".join(folders[:depth])))
        except Refusal:  # it is there, or the next command says why not
            continue


def _rename(client: Client, here: str, there: str) -> None:
    try:
        client.rename(here, _below(client, there))
    except Refusal:  # a server whose rename replaces nothing
        client.delete(_below(client, there))
        client.rename(here, _below(client, there))
