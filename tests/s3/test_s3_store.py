"""A store in a bucket of a real S3 server."""

import pytest

from dropzone_assets.store import Access, S3Access, Store
from tests.cases.stores import StoreCases
from tests.s3.locations import BUCKET, S3Place
from tests.servers.stores import KEY, SECRET

pytestmark = pytest.mark.s3


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory, s3_endpoint: str) -> Store:
    location = S3Place(tmp_path_factory.getbasetemp(), s3_endpoint)
    access = Access(S3Access(s3_endpoint, access_key=KEY, secret_key=SECRET))
    return Store(f"s3://{BUCKET}/{location.prefix}", access)


class TestS3Store(StoreCases):
    pass
