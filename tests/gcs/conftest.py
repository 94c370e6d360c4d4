"""A server that answers as GCS does, for the length of the session."""

from collections.abc import Iterator

import pytest

from tests.servers import stores


@pytest.fixture(scope="session")
def gcs_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server without buckets, which believes everybody."""
    with stores.gcs(tmp_path_factory.mktemp("gcs")) as address:
        yield address
