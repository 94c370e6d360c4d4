"""What is asked before anything starts: is the port free, is `up` alone in this home, is an older one's child alive."""

import errno
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from dropzone_assets.errors import BadSettings, Transient
from dropzone_assets.orchestration.launcher.heartbeat import alive, holder, stop

PATIENCE = 5.0
"""Seconds that a process of an earlier `up` has to end before it is killed."""


def usable_port(host: str, port: int) -> int:
    """The port to serve on; 0 chooses one that is free.

    Raises:
        BadSettings: there is no such port or address, or it may not be used.
        Transient: another program listens there.
    """
    if not 0 <= port <= 65535:
        raise BadSettings(f"There is no port {port}.", "Choose one from 1 to 65535: dropzone up --port 3000")
    try:
        return _listen(host, port)
    except socket.gaierror as error:
        raise BadSettings(f"{host} is no address: {error.strerror}.", "Try: dropzone up --host 127.0.0.1") from error
    except PermissionError as error:
        raise BadSettings(f"Port {port} may not be used: {error.strerror}.", "Try: dropzone up --port 3000") from error
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            found = f"The UI cannot listen on {host}:{port}: {error.strerror}."
            raise BadSettings(found, "Try: dropzone up --host 127.0.0.1") from error
        other = _listen(host, 0)
        found = f"Port {port} is in use: another program listens on {host}:{port}."
        raise Transient(found, f"Take another: dropzone up --port {other}, or: make up PORT={other}") from error


def _listen(host: str, port: int) -> int:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the webserver does
        listening.bind(address)
        return int(listening.getsockname()[1])


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the one `up` of a home for the length of the block; the lock is the operating system's.

    Args:
        folder: where the home keeps the signs of `up` and its children.

    Raises:
        Transient: another `up` is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    heartbeat, lock = folder / "up", FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        pid = holder(heartbeat)
        who = f" (pid {pid}, since {_since(heartbeat)})" if pid else ""
        cure = f"Use that one, or end it first: kill {pid or 'its pid'}"
        raise Transient(f"`dropzone up` is already at work in {folder.parent}{who}.", cure) from error
    with lock, alive(heartbeat):
        yield


def _since(heartbeat: Path) -> str:
    return f"{datetime.fromtimestamp(heartbeat.stat().st_mtime, UTC):%Y-%m-%d %H:%M:%S} UTC"


def end_leftovers(heartbeats: Iterable[Path]) -> list[tuple[str, int]]:
    """End what an `up` that was killed has left behind; name and pid of each."""
    found = [
        (heartbeat.name, pid) for heartbeat in heartbeats if (pid := holder(heartbeat)) and stop(heartbeat, PATIENCE)
    ]
    return found
