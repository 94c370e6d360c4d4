"""SFTP keeps the promises of sources, against OpenSSH."""

import os
from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.errors import NotLetIn, Permanent, SourceUnavailable
from dropzone_assets.sources import SourceConfig
from tests.cases.sources import SourceCases, listed, opened, read
from tests.remote.served import overwrite, set_aside_alone
from tests.servers.debian import Account, Sshd, free_port


class SftpPlace:
    """A folder of this machine behind a real server."""

    def __init__(self, server: Sshd, folder: Path, port: int = 0) -> None:
        self.home = folder / "home"
        self.root = folder / "files"
        self.root.mkdir()
        self.home.mkdir()
        self.port = port or server.port
        self.secrets = {"KEY": str(server.key), "STRANGER": server.stranger.read_text()}
        (self.home / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {server.host_key}")

    def config(self, **fields: Any) -> SourceConfig:
        user = Path(os.path.expanduser("~")).owner()
        usual = {
            "name": "partner",
            "kind": "sftp",
            "url": f"sftp://{user}@127.0.0.1:{self.port}{self.root}",
            "credentials": {"key": "KEY"},
        }
        return SourceConfig.model_validate({**usual, "settle_seconds": 0, **fields})

    def dead(self) -> SourceConfig:
        return self.config(url=f"sftp://nobody@127.0.0.1:{free_port()}/")

    def stranger(self) -> SourceConfig:
        return self.config(credentials={"key": "STRANGER"})

    def put(self, path: str, content: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        overwrite(file, content)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


@pytest.fixture
def location(sshd: Sshd, tmp_path: Path) -> SftpPlace:
    return SftpPlace(sshd, tmp_path)


class TestSftp(SourceCases):
    pass


def test_a_name_that_is_not_utf8_is_set_aside_alone(location: SftpPlace) -> None:
    set_aside_alone(location)


@pytest.mark.parametrize("target", ["../secret.csv", "real.csv", "missing.csv", "/etc/hostname", "/etc"])
def test_a_link_is_set_aside_and_never_followed(location: SftpPlace, target: str) -> None:
    location.put("real.csv", b"real")
    (location.root / "link.csv").symlink_to(target)
    os.mkfifo(location.root / "pipe.csv")
    found = {path: bool(item.problem) for path, item in listed(location).items()}
    assert found == {"real.csv": False, "link.csv": True, "pipe.csv": True}
    for path in ("link.csv", "pipe.csv"):
        with pytest.raises(Permanent, match="link"):
            read(location, path)


def test_a_missing_folder_is_named(location: SftpPlace) -> None:
    location.root.rmdir()
    with pytest.raises(SourceUnavailable, match=r"partner.*has no folder"):
        listed(location)


def test_a_file_is_never_said_to_have_settled(location: SftpPlace) -> None:
    location.put("a.csv", b"")
    with opened(location) as source:
        assert [page.column("settled").to_pylist() for page in source.list()] == [[None]]


def test_a_user_comes_in_with_a_password_and_below_the_own_home(
    location: SftpPlace, sshd: Sshd, account: Account
) -> None:
    (account.folder / "in").mkdir()
    (account.folder / "in" / "a.csv").write_bytes(b"12")
    location.secrets |= {"USER": account.name, "PASSWORD": account.password}
    credentials = {"user": "USER", "password": "PASSWORD"}
    for path in ("/~/in", "/~/", "", str(account.folder)):
        found = listed(location, url=f"sftp://127.0.0.1:{sshd.port}{path}", credentials=credentials)
        assert found["a.csv" if path.endswith("/in") else "in/a.csv"].size == 2


def test_a_folder_we_may_not_list_is_set_aside_alone_and_one_we_may_not_change_says_so(
    location: SftpPlace, sshd: Sshd, account: Account
) -> None:
    root = account.folder / "mixed"
    (root / "closed").mkdir(parents=True, mode=0o700)
    (root / "closed" / "b.csv").write_bytes(b"")
    (root / "a.csv").write_bytes(b"")
    location.secrets |= {"PASSWORD": account.password}
    entry = {
        "url": f"sftp://{account.name}@127.0.0.1:{sshd.port}{root}",
        "credentials": {"password": "PASSWORD"},
    }
    found = {path: item.problem for path, item in listed(location, **entry).items()}
    assert found == {"a.csv": "", "closed": "is a folder we may not list"}
    with opened(location, location.config(**entry)) as source:
        with pytest.raises(NotLetIn, match="does not allow"):
            source.remove("a.csv")
        with pytest.raises(NotLetIn, match="does not allow"):
            source.move("a.csv", "done")
