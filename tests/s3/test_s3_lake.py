"""The same lake in S3: the same rows, the same promises."""

from pathlib import Path

import pytest
from dagster_aws.s3 import S3Resource

from dropzone_assets.definitions import definitions
from dropzone_assets.errors import StoreUnavailable
from dropzone_assets.settings import Settings
from dropzone_assets.store import Access, S3Access, Store
from tests.cases.lakes import LakeCases, beside
from tests.servers.stores import KEY, SECRET

pytestmark = pytest.mark.s3


class TestS3Lake(LakeCases):
    @pytest.fixture
    def remote(self, local: Settings, tmp_path: Path, bucket: str, s3_endpoint: str) -> Settings:
        urls = {"raw_url": f"s3://{bucket}/raw", "lake_url": f"s3://{bucket}/deep/lake"}
        return beside(local, tmp_path / "remote", s3_endpoint=s3_endpoint, **urls)


def test_the_resource_alone_says_how_the_lake_is_reached(
    home: Path, tmp_path: Path, bucket: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else knows the endpoint or the keys: not the environment, not the settings."""
    urls = {"raw_url": f"s3://{bucket}/raw", "lake_url": f"s3://{bucket}/lake"}
    settings = beside(Settings(home=home), tmp_path / "remote", **urls)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    s3 = S3Resource(endpoint_url=s3_endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET)
    platform = (definitions(settings, s3).resources or {})["dropzone"]
    (tmp_path / "a.txt").write_bytes(b"a")
    platform.lake.adopt(tmp_path / "a.txt", "a.txt")
    assert [each["Key"] for each in s3.get_client().list_objects_v2(Bucket=bucket)["Contents"]] == ["lake/a.txt"]


def test_wrong_credentials_are_refused_at_once(bucket: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = Store(f"s3://{bucket}/lake", Access(S3Access(s3_endpoint)))
    with pytest.raises(StoreUnavailable, match="PermissionDenied") as refusal:
        store.exists("anything")
    assert "wrong" not in str(refusal.value)
