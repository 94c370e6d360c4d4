"""What can be said of buckets and lists without a server."""

from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings
from dropzone_assets.sources import SourceConfig, open_source

PLACES = {
    "s3": "s3://bucket/prefix",
    "azure": "az://container/prefix",
    "gcs": "gs://bucket/prefix",
    "file_list": "https://example.org/files",
}


def unset(name: str) -> str:
    raise BadSettings(f"{name} is not set.")


@pytest.mark.parametrize("kind", PLACES)
def test_making_a_source_asks_nobody_and_reads_no_variable(kind: str, tmp_path: Path) -> None:
    words = {"access_key": "MISSING", "account": "MISSING", "service_account": "MISSING", "user": "MISSING"}
    config = SourceConfig(name="a", kind=kind, url=PLACES[kind], credentials=words)
    source = open_source(config, tmp_path, unset)
    source.close()
    with pytest.raises(BadSettings, match="MISSING"):
        list(source.list())


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("url", ["folder", "/folder", "ftp://host/x", "s3a://bucket", "https://h/x?key=1", "s3:/b"])
def test_a_url_of_another_kind_is_refused(kind: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"^a: "):
        open_source(SourceConfig(name="a", kind=kind, url=url), tmp_path, unset)
