"""Servers that run for the length of the session, and a user of theirs. All tests here are `remote`."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remote import servers


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
