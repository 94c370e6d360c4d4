"""A proxy that breaks each connection, or falls silent, after so many bytes of answers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from urllib.parse import urlsplit


@contextmanager
def breaking(endpoint: str, after: int, *, silent: bool = False) -> Iterator[str]:
    """The address of a proxy for `endpoint`; `silent`: the first connection stays open and says no more."""
    target = urlsplit(endpoint)
    done = Event()
    quiet = [silent]

    def forth(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while block := client.recv(65_536):
                server.sendall(block)

    def back(client: socket.socket, server: socket.socket) -> None:
        sent = 0
        with suppress(OSError), client, server:
            while block := server.recv(65_536):
                client.sendall(block)
                sent += len(block)
                if sent > after:
                    if quiet and quiet.pop():
                        done.wait(60)
                    break
            client.shutdown(socket.SHUT_RDWR)

    def serve(door: socket.socket) -> None:
        with suppress(OSError):
            while not done.is_set():
                client, _ = door.accept()
                server = socket.create_connection((str(target.hostname), target.port or 80))
                for way in (forth, back):
                    Thread(target=way, args=(client, server), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(60)
        Thread(target=serve, args=(door,), daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        done.set()
