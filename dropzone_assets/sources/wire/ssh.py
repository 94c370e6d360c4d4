"""One connection to an SFTP server, made when first needed and made again when it broke; any thread may use it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Lock, Thread
from typing import Any, TypeVar

import asyncssh

from dropzone_assets.errors import BadSettings, DropzoneError, NotLetIn, SourceUnavailable
from dropzone_assets.sources.config import SourceConfig
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.wire.address import address
from dropzone_assets.sources.wire.known_hosts import FILE, PORT, HostKey, host_field, known_hosts

T = TypeVar("T")

CONNECT = 10.0
"""Seconds to wait for a connection."""

PATIENCE = 60.0
"""Seconds to wait for one answer of the server, and to find out that it is gone."""

ALONE: dict[str, Any] = {
    "config": None,
    "agent_path": None,
    "gss_host": None,
    "x509_trusted_certs": None,
    "client_host_keys": None,
    "proxy_command": None,
}
"""Nothing of the account that runs us: not its ssh_config, its agent, its keys, its tickets."""


ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-256",
    "rsa-sha2-512",
)
"""How a server may prove who it is."""


class Forbidden(NotLetIn):
    """We are in, and may not do this."""


class Connection:
    """A client on an event loop in a thread of its own. Errors are ours when they come out."""

    def __init__(self, config: SourceConfig, home: Path, credentials: Credentials) -> None:
        self.at = address(config, "sftp", PORT)
        self.host = host_field(self.at.host, self.at.port)
        self._name = config.name
        self._home = home
        self._credentials = credentials
        self._starting = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting = asyncio.Lock()
        self._ssh: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def run(self, work: Callable[[asyncssh.SFTPClient], Awaitable[T]], client: asyncssh.SFTPClient | None = None) -> T:
        """What `work` finds out with the client; `client`: the one it began with, which is not made again.

        Raises:
            FileNotFoundError: there is no such file or folder.
            SourceUnavailable: the server does not answer.
            NotLetIn: it refuses us, or is not who it claims to be.
        """
        return self.start(work, client).result()

    def start(
        self,
        work: Callable[[asyncssh.SFTPClient], Awaitable[T]],
        client: asyncssh.SFTPClient | None = None,
        patience: float | None = None,
    ) -> "Future[T]":
        """The same, without waiting for it; `patience`: seconds for much that may be slow."""
        return asyncio.run_coroutine_threadsafe(self._answer(work, client, patience or PATIENCE), self._running())

    def client(self) -> asyncssh.SFTPClient:
        """The client, for work of several steps."""
        return self.run(_itself)

    def host_key(self) -> HostKey:
        """The key that the server shows, whoever it is."""
        return asyncio.run_coroutine_threadsafe(self._show(), self._running()).result()

    def close(self) -> None:
        """Let go of the connection and its thread."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop:
            asyncio.run_coroutine_threadsafe(self._leave(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._connecting = asyncio.Lock()
                Thread(target=_forever, args=(self._loop,), name=f"sftp {self._name}", daemon=True).start()
            return self._loop

    async def _answer(
        self,
        work: Callable[[asyncssh.SFTPClient], Awaitable[T]],
        client: asyncssh.SFTPClient | None,
        patience: float,
    ) -> T:
        try:
            async with asyncio.timeout(patience):
                client = client or await self._client()
                return await work(client)
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            raise FileNotFoundError(self._credentials.scrub(error)) from error
        except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect) as error:
            raise Forbidden(
                f"{self._name}: {self.at.shown} does not allow it: {self._credentials.scrub(error)}.",
                "Ask its owner for the right to read this folder, and to change it where `after` is not keep.",
            ) from error
        except (asyncssh.Error, OSError) as error:
            if client is not None and client is self._sftp and _broke(error):
                await self._leave()
            raise self._meant(error) from error

    async def _client(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._sftp is None or self._ssh is None or self._ssh.is_closed():
                pins = self._pins()
                self._ssh = await asyncssh.connect(
                    self.at.host,
                    self.at.port,
                    known_hosts=pins,
                    server_host_key_algs=_algorithms(self._known(pins)),
                    connect_timeout=CONNECT,
                    login_timeout=PATIENCE / 2,
                    keepalive_interval=PATIENCE / 4,
                    keepalive_count_max=3,
                    **self._identity(),
                    **ALONE,
                )
                self._sftp = await self._ssh.start_sftp_client(path_encoding=None)
            return self._sftp

    def _pins(self) -> asyncssh.SSHKnownHosts:
        try:
            return asyncssh.import_known_hosts(known_hosts(self._home))
        except ValueError as error:
            said = self._credentials.scrub(error)
            raise BadSettings(f"{self._home / FILE} cannot be read: {said}.", "Correct or remove that line.") from error

    def _known(self, pins: asyncssh.SSHKnownHosts) -> Sequence[asyncssh.SSHKey]:
        port = self.at.port if self.at.port != PORT else None
        return asyncssh.match_known_hosts(pins, self.at.host, "", port)[0]

    async def _show(self) -> HostKey:
        try:
            async with asyncio.timeout(CONNECT):
                key = await asyncssh.get_server_host_key(
                    self.at.host, self.at.port, config=None, server_host_key_algs=_algorithms([])
                )
        except (asyncssh.Error, OSError) as error:
            raise self._unavailable(error) from error
        if key is None:
            raise NotLetIn(f"{self._name}: {self.at.shown} shows no key.", "Ask its owner for a host key.")
        kind, data = key.export_public_key("openssh").decode().split()[:2]
        return HostKey(self.host, kind, data)

    async def _leave(self) -> None:
        ssh, self._ssh, self._sftp = self._ssh, None, None
        if ssh:
            ssh.abort()
            await ssh.wait_closed()

    def _identity(self) -> dict[str, Any]:
        user = self.at.user or self._credentials("user")
        password, key = self._credentials("password"), self._credentials("key")
        if not user or not (password or key):
            raise BadSettings(
                f"sources.yaml: {self._name} names no {'password or key' if user else 'user'}.",
                "Name the variables that hold them: credentials: {user: VAR, password: VAR}.",
            )
        return {"username": user, "password": password or None, "client_keys": self._keys(key)}

    def _keys(self, key: str) -> list[asyncssh.SSHKey] | None:
        passphrase = self._credentials("passphrase") or None
        try:
            if not key:
                return None
            if "\n" in key.strip():
                return [asyncssh.import_private_key(key, passphrase)]
            return [asyncssh.read_private_key(key, passphrase)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError) as error:
            kind = type(error).__name__
            raise NotLetIn(
                f"{self._name}: its private key cannot be read ({kind}).",
                "The variable named under `key` holds the text of a private key or the path of its file; the one "
                "named under `passphrase` what opens it.",
            ) from None

    def _meant(self, error: Exception) -> DropzoneError:
        location = f"{self._name}: {self.at.shown}"
        said = self._credentials.scrub(error) or type(error).__name__
        if isinstance(error, asyncssh.HostKeyNotVerifiable | asyncssh.KeyExchangeFailed):
            return self._unknown_host(location, said)
        if isinstance(error, asyncssh.PermissionDenied | asyncssh.IllegalUserName):
            cure = "Check the user and the password or key: the variables named under `credentials`."
            return NotLetIn(f"{location} does not let us in: {said}.", cure)
        return self._unavailable(error)

    def _unavailable(self, error: Exception) -> SourceUnavailable:
        said = ": ".join(filter(None, (type(error).__name__, self._credentials.scrub(error))))
        return SourceUnavailable(
            f"{self._name}: {self.at.shown} does not serve us: {said}.",
            "Check that the server runs and can be reached; then run again.",
        )

    def _unknown_host(self, location: str, said: str) -> NotLetIn:
        trust = f"dropzone sources trust {self._name}"
        known = self._known(self._pins())
        if not known:
            return NotLetIn(f"{location} shows a key that nobody has pinned yet: {said}.", f"Run: {trust}.")
        prints = ", ".join(key.get_fingerprint() for key in known)
        return NotLetIn(
            f"{location} does not show the key that was pinned, {prints}: {said}.",
            f"Somebody may stand between us. Ask its owner for the new fingerprint; when it fits, run: {trust}.",
        )


def _algorithms(known: Sequence[asyncssh.SSHKey]) -> list[str]:
    """Keys of a kind that is pinned come first; any other is asked for too, so that a changed one is seen as such."""
    kinds = {key.get_algorithm() for key in known}
    return sorted(ALGORITHMS, key=lambda name: ("ssh-rsa" if name.startswith("rsa-") else name) not in kinds)


def _broke(error: Exception) -> bool:
    """Whether the connection is of no use any more; an answer that merely says no leaves it as it is."""
    lost = asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection | asyncssh.SFTPBadMessage
    return isinstance(error, lost) or not isinstance(error, asyncssh.SFTPError)


async def _itself(client: asyncssh.SFTPClient) -> asyncssh.SFTPClient:
    return client


def _unless_lost(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What was still on its way when a connection broke has been said once already."""
    if not isinstance(context.get("exception"), asyncssh.Error | OSError):
        loop.default_exception_handler(context)


def _forever(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(_unless_lost)
    loop.run_forever()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
