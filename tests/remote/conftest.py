"""Servers that run for the length of the session, and a user of theirs. All tests here are `remote`."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme

from tests.servers import debian as servers


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.remote)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Sshd]:
    with servers.sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture(scope="session")
def account() -> Iterator[servers.Account]:
    """A user of this machine, in a folder that all may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dropzone-"))
    folder.chmod(0o755)
    with servers.account(folder) as user:
        yield user
    shutil.rmtree(folder)


class Tls(NamedTuple):
    """A certificate for localhost with its key, and the authority that a client has to know."""

    certificate: Path
    authority: str


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    return Tls(file, authority.cert_pem.bytes().decode())


@pytest.fixture(scope="session")
def ftp_port(tmp_path_factory: pytest.TempPathFactory, account: servers.Account) -> Iterator[int]:
    with servers.vsftpd(tmp_path_factory.mktemp("ftp"), account) as port:
        yield port


@pytest.fixture(scope="session")
def ftps_port(tmp_path_factory: pytest.TempPathFactory, account: servers.Account, tls: Tls) -> Iterator[int]:
    with servers.vsftpd(tmp_path_factory.mktemp("ftps"), account, tls.certificate) as port:
        yield port
