"""The keys of servers that a person has pinned, in `known_hosts` of the home folder, as OpenSSH writes them.

`ssh.py` compares them with the key of a server before anything is said to it.
"""

import base64
import hashlib
from pathlib import Path
from typing import NamedTuple

FILE = "known_hosts"
PORT = 22


class HostKey(NamedTuple):
    """The key that a server shows: `host` as known_hosts has it, `kind` like ssh-ed25519, `key` in base64."""

    host: str
    kind: str
    key: str

    @property
    def line(self) -> str:
        """As it stands in known_hosts."""
        return f"{self.host} {self.kind} {self.key}"

    @property
    def fingerprint(self) -> str:
        """What `ssh-keygen -l` prints, and what the owner of a server tells people."""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def host_field(host: str, port: int) -> str:
    """How known_hosts names a server."""
    return host if port == PORT else f"[{host}]:{port}"


def known_hosts(home: Path) -> str:
    """The pinned keys as they stand in the file; empty where there is none."""
    file = home / FILE
    return file.read_text(encoding="utf-8") if file.exists() else ""


def pinned(home: Path, host: str) -> list[HostKey]:
    """The keys that are pinned for a server."""
    found = [line.split() for line in known_hosts(home).splitlines() if not line.startswith(("#", "@"))]
    return [HostKey(host, *words[1:3]) for words in found if len(words) > 2 and host in words[0].split(",")]


def pin(home: Path, key: HostKey) -> None:
    """Trust this key of a server and no other one."""
    kept = [line for line in known_hosts(home).splitlines() if line.split(" ")[0] != key.host]
    home.mkdir(parents=True, exist_ok=True)
    staged = home / f".{FILE}"
    staged.write_text("\n".join([*kept, key.line, ""]), encoding="utf-8")
    staged.replace(home / FILE)
