"""A list in a bucket of a real S3 server keeps the promises of lists."""

from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.sources import SourceConfig
from tests.cases.lists import ListCases
from tests.s3.locations import S3Place

pytestmark = pytest.mark.s3


class S3ListPlace(S3Place):
    """A prefix with a list of what is there."""

    def __init__(self, home: Path, endpoint: str) -> None:
        super().__init__(home, endpoint)
        self.names: list[str] = []
        self.write("files_list.data", b"")

    def config(self, **fields: Any) -> SourceConfig:
        return super().config(**{"kind": "file_list", **fields})

    def write(self, path: str, content: bytes) -> None:
        super().put(path, content)

    def put(self, path: str, content: bytes) -> None:
        self.write(path, content)
        self._name([*self.names, path])

    def remove(self, path: str) -> None:
        super().remove(path)
        self._name([name for name in self.names if name != path])

    def _name(self, names: list[str]) -> None:
        self.names = names
        self.write("files_list.data", "".join(f"{name}\n" for name in names).encode())


@pytest.fixture
def location(tmp_path: Path, s3_endpoint: str) -> S3ListPlace:
    return S3ListPlace(tmp_path, s3_endpoint)


class TestS3FileList(ListCases):
    pass
