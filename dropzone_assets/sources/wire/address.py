"""Where a server is: what the url of a source says about it."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from dropzone_assets.errors import BadSettings, Permanent
from dropzone_assets.sources.config import SourceConfig


class Address(NamedTuple):
    """A server and a folder of it. `user` is empty and `path` is "" where the url says nothing."""

    host: str
    port: int
    user: str
    path: str

    @property
    def shown(self) -> str:
        """The server, as a person writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(config: SourceConfig, scheme: str, port: int) -> Address:
    """The address in the url of an entry.

    Args:
        scheme: what the url has to begin with.
        port: the one to use where the url names none.

    Raises:
        BadSettings: it is not such an url.
    """
    try:
        parts = urlsplit(config.url)
        found = Address(parts.hostname or "", parts.port or port, unquote(parts.username or ""), unquote(parts.path))
    except ValueError as error:
        raise _wrong(config, scheme) from error
    if parts.scheme != scheme or not found.host:
        raise _wrong(config, scheme)
    return found


def inside(path: str) -> bytes:
    """A path below the folder of a source, as the bytes that a server knows it by.

    Raises:
        Permanent: it leads out of the folder.
    """
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise Permanent(f"{path} leads out of its source.", "Name a file inside the folder.")
    return path.encode("utf-8", "surrogateescape")


def _wrong(config: SourceConfig, scheme: str) -> BadSettings:
    return BadSettings(
        f"sources.yaml: {config.name} has the kind {config.kind} and the url {config.url!r}.",
        f"Write it like {scheme}://host:port/folder.",
    )
