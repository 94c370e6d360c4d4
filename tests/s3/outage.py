"""A proxy whose store goes away in the middle of an upload, answers with errors or not at all, and comes back."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from urllib.parse import urlsplit

RESET = ""
"""Instead of an answer: the connection is cut."""


class Outage:
    """Of `answers` requests after the first `after` bytes were sent; then all is well. `met`: how many were hit."""

    def __init__(self, endpoint: str, answer: str, after: int, answers: int) -> None:
        self._target = urlsplit(endpoint)
        self._answer = answer
        self._after = after
        self._answers = answers
        self._sent = 0
        self.met = 0
        self.over = Event()

    @property
    def _down(self) -> bool:
        return self._sent > self._after and self.met < self._answers

    def serve(self, client: socket.socket) -> None:
        """One connection."""
        if self._down:
            self._refuse(client)
            return
        server = socket.create_connection((str(self._target.hostname), self._target.port or 80))
        Thread(target=self._back, args=(server, client), daemon=True).start()
        with suppress(OSError), client, server:
            while block := client.recv(4_096):
                self._sent += len(block)
                if self._down:
                    self._refuse(client)
                    return
                server.sendall(block)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while block := server.recv(65_536):
                client.sendall(block)
            client.shutdown(socket.SHUT_RDWR)

    def _refuse(self, client: socket.socket) -> None:
        self.met += 1
        with suppress(OSError), client:
            if self._answer:
                client.recv(65_536)
                client.sendall(f"HTTP/1.1 {self._answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            else:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def passing(outage: Outage) -> Iterator[str]:
    """The address of the proxy."""

    def accept(door: socket.socket) -> None:
        with suppress(OSError):
            while not outage.over.is_set():
                client, _ = door.accept()
                Thread(target=outage.serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        Thread(target=accept, args=(door,), daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        outage.over.set()
