"""A real blob service for the length of the session."""

from collections.abc import Iterator

import pytest

from tests.servers import stores


@pytest.fixture(scope="session")
def azure_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of its one account."""
    with stores.azure(tmp_path_factory.mktemp("azurite")) as address:
        yield address
