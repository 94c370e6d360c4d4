"""Connections to one FTP server: made when needed, lent to one thread at a time, thrown away once one went wrong."""

import ftplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic

from dropzone_assets.errors import DropzoneError, NotLetIn, Permanent, SourceUnavailable
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.wire.address import address, inside
from dropzone_assets.sources.wire.tls import context

CONNECT = 10.0
"""Seconds to wait for a connection."""

PATIENCE = 60.0
"""Seconds to wait for one answer of the server."""

IDLE = 5.0
"""Seconds after which a connection is asked whether it is still there."""

Refusal = ftplib.error_perm
"""The server answered that it will not do it: text that begins with its three digits."""

BROKEN = (ftplib.Error, OSError, EOFError, ValueError)
"""What the client raises when the connection or what came over it is of no use."""


class Client(ftplib.FTP):
    """One logged-in connection; `root` is the folder of the source, `facts` whether the server speaks MLSD."""

    root = ""
    facts = False
    used = 0.0

    def data(self, command: str) -> socket.socket:
        """The data connection of a command."""
        return self.transfercmd(command)

    def finish(self, data: socket.socket) -> None:
        """End a transfer that was read to its end; only the server's word makes it complete."""
        if isinstance(data, ssl.SSLSocket):
            with suppress(OSError):  # many servers do not say goodbye; what counts is the answer below
                data.unwrap()
        data.close()
        self.voidresp()


class SecureClient(Client, ftplib.FTP_TLS):
    """The same over TLS. Data connections are part of the control connection's session, as servers demand."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """As the parent has it, with that session."""
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - it is made secure in the next lines
        control = self.sock
        session = control.session if isinstance(control, ssl.SSLSocket) else None
        try:
            return self.context.wrap_socket(plain, server_hostname=self.host, session=session), size
        except OSError:
            plain.close()
            raise


class Server:
    """The server of one source, and the connections to it that nobody uses at the moment."""

    def __init__(self, config: SourceConfig, credentials: Credentials) -> None:
        self.at = address(config, config.kind, 21)
        self._name = config.name
        self._secure = config.kind == "ftps"
        self._credentials = credentials
        self._idle: list[Client] = []
        self._lending = Lock()
        path = self.at.path[1:]
        self._folder = wire(b"/" + inside(path[1:]) if path.startswith("/") else inside(path))

    @contextmanager
    def borrowed(self) -> Iterator[Client]:
        """A connection, ours until the end. What the server refuses comes out as `Refusal`, the rest as our errors."""
        try:
            client = self._take() or self._connect()
        except BROKEN as error:
            raise self.meant(error) from error
        try:
            yield client
        except Refusal:
            self._give(client)
            raise
        except BROKEN as error:
            client.close()
            raise self.meant(error) from error
        except BaseException:  # left in the middle: nobody knows what it would say next
            client.close()
            raise
        self._give(client)

    def close(self) -> None:
        """Let go of every connection."""
        with self._lending:
            idle, self._idle = self._idle, []
        for client in idle:
            client.close()

    def meant(self, error: Exception) -> DropzoneError:
        """Our error for what a server or the way to it said."""
        location, said = f"{self._name}: {self.at.shown}", self._credentials.scrub(error) or type(error).__name__
        if isinstance(error, ssl.SSLCertVerificationError):
            cure = "Name the variable that holds the server's CA under `credentials: {ca: VAR}`, or correct the host."
            return NotLetIn(f"{location} is not who it claims to be: {said}", cure)
        if isinstance(error, Refusal) and said.startswith("53"):
            cure = "Check the user and the password: the variables named under `credentials`."
            return NotLetIn(f"{location} does not let us in: {said}.", cure)
        if isinstance(error, Refusal):
            return Permanent(f"{location} refuses: {said}.", "Ask the owner of the server.")
        cure = "Check that the server runs and can be reached; then run again."
        return SourceUnavailable(f"{location} does not serve us: {type(error).__name__}: {said}.", cure)

    def _take(self) -> Client | None:
        while True:
            with self._lending:
                if not self._idle:
                    return None
                client = self._idle.pop()
            try:
                if monotonic() - client.used > IDLE:
                    client.voidcmd("NOOP")
            except BROKEN:
                client.close()
            else:
                return client

    def _give(self, client: Client) -> None:
        client.used = monotonic()
        with self._lending:
            self._idle.append(client)

    def _connect(self) -> Client:
        if self._secure:
            client: Client = SecureClient(context=context(self._name, self._credentials), encoding="latin-1")
        else:
            client = Client(encoding="latin-1")
        try:
            client.connect(self.at.host, self.at.port, timeout=CONNECT)
            client.timeout = PATIENCE
            if client.sock:
                client.sock.settimeout(PATIENCE)
            user = self.at.user or self._credentials("user")
            client.login(_utf8(user), _utf8(self._credentials("password")))
            if isinstance(client, SecureClient):
                client.prot_p()
            self._prepare(client)
        except BaseException:
            client.close()
            raise
        return client

    def _prepare(self, client: Client) -> None:
        with suppress(Refusal):
            features = client.sendcmd("FEAT").upper()
            client.facts = "\n MLST" in features
            if "\n UTF8" in features:
                client.sendcmd("OPTS UTF8 ON")
        client.voidcmd("TYPE I")
        try:
            if self._folder:
                client.cwd(self._folder)
        except Refusal as error:
            raise SourceUnavailable(
                f"{self._name}: {self.at.shown} has no folder {self.at.path}: {self._credentials.scrub(error)}.",
                "Make it there, or correct the url in sources.yaml.",
            ) from error
        client.root = client.pwd()


def _utf8(text: str) -> str:
    return text.encode().decode("latin-1")


def wire(path: bytes) -> str:
    """A path as the client takes it, which sends each character as one byte.

    Raises:
        Permanent: no command can hold it.
    """
    if b"\n" in path or b"\r" in path:
        raise Permanent(f"{path!r} has a line break, which no command of FTP can hold.", "Rename it at the sender.")
    return path.decode("latin-1")
