"""FTP keeps the promises of sources, in the clear and over TLS, against vsftpd."""

import ftplib
import os
import ssl
from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.errors import NotLetIn, SourceUnavailable
from dropzone_assets.sources import SourceConfig
from tests.cases.sources import SourceCases, listed, opened, read
from tests.remote.conftest import Tls
from tests.remote.served import overwrite, set_aside_alone
from tests.servers.debian import Account, free_port


class FtpPlace:
    """A folder of the user whom a real server knows."""

    def __init__(self, folder: Path, user: Account, port: int, authority: str = "") -> None:
        self.home = folder
        self.user = user
        self.port = port
        self.kind = "ftps" if authority else "ftp"
        self.root = user.folder / folder.name
        self.secrets = {"USER": user.name, "PASSWORD": user.password, "WRONG": "not-the-secret"}
        self.secrets |= {"CA": authority} if authority else {}
        self._own(self.root)

    def config(self, **fields: Any) -> SourceConfig:
        usual = {
            "name": "partner",
            "kind": self.kind,
            "url": f"{self.kind}://localhost:{self.port}/{self.root.name}",
            "credentials": self.credentials("PASSWORD"),
        }
        return SourceConfig.model_validate({**usual, "settle_seconds": 0, **fields})

    def credentials(self, password: str) -> dict[str, str]:
        return {"user": "USER", "password": password} | ({"ca": "CA"} if self.kind == "ftps" else {})

    def dead(self) -> SourceConfig:
        return self.config(url=f"{self.kind}://localhost:{free_port()}/")

    def stranger(self) -> SourceConfig:
        return self.config(credentials=self.credentials("WRONG"))

    def put(self, path: str, content: bytes) -> None:
        file = self.root / path
        for folder in reversed(file.relative_to(self.root).parents):
            self._own(self.root / folder)
        overwrite(file, content)
        os.chown(file, self.user.uid, self.user.uid)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def _own(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        os.chown(folder, self.user.uid, self.user.uid)


@pytest.fixture
def plain(ftp_port: int, account: Account, tmp_path: Path) -> FtpPlace:
    return FtpPlace(tmp_path, account, ftp_port)


@pytest.fixture
def secure(ftps_port: int, account: Account, tls: Tls, tmp_path: Path) -> FtpPlace:
    return FtpPlace(tmp_path, account, ftps_port, tls.authority)


class TestFtp(SourceCases):
    @pytest.fixture
    def location(self, plain: FtpPlace) -> FtpPlace:
        return plain


class TestFtps(SourceCases):
    @pytest.fixture
    def location(self, secure: FtpPlace) -> FtpPlace:
        return secure


def test_a_client_without_session_reuse_is_refused_by_this_server(secure: FtpPlace, tls: Tls) -> None:
    """So that reading from it is a proof."""
    secure.put("a.csv", b"12")
    context = ssl.create_default_context(cadata=tls.authority)
    with ftplib.FTP_TLS(context=context) as client:
        client.connect("localhost", secure.port, timeout=10)
        client.login(secure.user.name, secure.user.password)
        client.prot_p()
        with pytest.raises(ftplib.error_perm, match="522"):
            client.nlst()
    assert read(secure, "a.csv") == b"12"


def test_a_server_whose_certificate_nobody_vouches_for_is_not_spoken_to(secure: FtpPlace) -> None:
    with pytest.raises(NotLetIn, match="not who it claims to be") as error:
        listed(secure, credentials={"user": "USER", "password": "PASSWORD"})
    assert "ca" in error.value.cure
    with pytest.raises(NotLetIn, match="not who it claims to be"):
        listed(secure, url=f"ftps://127.0.0.1:{secure.port}/{secure.root.name}")


def test_a_server_without_tls_is_told_no_password(plain: FtpPlace) -> None:
    with pytest.raises(NotLetIn):
        listed(plain, kind="ftps", url=plain.config().url.replace("ftp:", "ftps:"))


def test_a_name_that_is_not_utf8_is_set_aside_alone(plain: FtpPlace) -> None:
    set_aside_alone(plain)


def test_a_link_is_set_aside(plain: FtpPlace) -> None:
    plain.put("real.csv", b"real")
    (plain.root / "link.csv").symlink_to("real.csv")
    (plain.root / "folder").symlink_to("/etc")
    found = {path: bool(item.problem) for path, item in listed(plain).items()}
    assert found == {"real.csv": False, "link.csv": True, "folder": True}


def test_a_missing_folder_is_named(plain: FtpPlace) -> None:
    plain.root.rmdir()
    with pytest.raises(SourceUnavailable, match=r"partner.*has no folder"):
        listed(plain)


def test_a_folder_may_be_named_from_the_root(plain: FtpPlace) -> None:
    plain.put("a.csv", b"")
    assert list(listed(plain, url=f"ftp://localhost:{plain.port}//{plain.root.name}")) == ["a.csv"]
    assert f"{plain.root.name}/a.csv" in listed(plain, url=f"ftp://localhost:{plain.port}")


def test_a_folder_we_may_not_list_is_set_aside_alone_and_a_file_we_may_not_have_says_so(plain: FtpPlace) -> None:
    plain.put("a.csv", b"")
    plain.put("closed/b.csv", b"")
    os.chown(plain.root / "closed", 0, 0)
    (plain.root / "closed").chmod(0o700)
    os.chown(plain.root, 0, 0)
    os.chown(plain.root / "a.csv", 0, 0)
    (plain.root / "a.csv").chmod(0o600)
    assert {path: item.problem for path, item in listed(plain).items()} == {
        "a.csv": "",
        "closed": "is a folder we may not list",
    }
    with pytest.raises(NotLetIn, match=r"a\.csv"):
        read(plain, "a.csv")
    with opened(plain) as source:
        with pytest.raises(NotLetIn, match=r"a\.csv"):
            source.remove("a.csv")
        with pytest.raises(NotLetIn, match=r"a\.csv"):
            source.move("a.csv", "done")
