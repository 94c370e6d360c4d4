"""A bucket of a real S3 server keeps the promises of sources."""

from pathlib import Path
from typing import ClassVar

import pytest

from dropzone_assets.errors import NotLetIn
from tests.cases.buckets import BucketCases
from tests.cases.sources import listed, version
from tests.s3.locations import S3Place

pytestmark = pytest.mark.s3


@pytest.fixture
def location(tmp_path: Path, s3_endpoint: str) -> S3Place:
    return S3Place(tmp_path, s3_endpoint)


class TestS3(BucketCases):
    exceptions: ClassVar = {
        "test_a_file_with_a_strange_name_is_a_file[15]": "SeaweedFS makes a folder of a backslash; S3 does not",
    }


@pytest.mark.parametrize("odd", ["a\tb.csv", "a\nb.csv", "a\x7fb.csv"])
def test_a_name_that_no_client_takes_is_set_aside_among_many(location: S3Place, odd: str) -> None:
    for n in range(30):
        location.put(f"{n:02}.csv", b"1")
    location.put(odd, b"1")
    location.put("folder/", b"")
    found = listed(location)
    assert {path for path, item in found.items() if item.problem} == {odd}
    assert len(found) == 31
    assert version(location, "07.csv") == found["07.csv"].version


def test_without_any_credentials_a_bucket_is_asked_as_nobody(
    location: S3Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    location.put("a.csv", b"")
    with pytest.raises(NotLetIn, match="AccessDenied"):
        listed(location, credentials={})


def test_credentials_of_the_environment_let_us_in_where_the_entry_names_none(
    location: S3Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    location.put("a.csv", b"")
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), location.secrets.values(), strict=False):
        monkeypatch.setenv(name, value)
    assert set(listed(location, credentials={})) == {"a.csv"}
