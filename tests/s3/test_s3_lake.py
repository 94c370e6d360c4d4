"""The same lake in S3: the same rows, the same promises."""

from pathlib import Path

import pytest

from dropzone_assets.errors import StoreUnavailable
from dropzone_assets.settings import Settings
from dropzone_assets.store import Access, S3Access, Store
from tests.cases.lakes import LakeCases, beside

pytestmark = pytest.mark.s3


class TestS3Lake(LakeCases):
    @pytest.fixture
    def remote(self, local: Settings, tmp_path: Path, bucket: str, s3_endpoint: str) -> Settings:
        urls = {"raw_url": f"s3://{bucket}/raw", "lake_url": f"s3://{bucket}/deep/lake"}
        return beside(local, tmp_path / "remote", s3_endpoint=s3_endpoint, **urls)


def test_wrong_credentials_are_refused_at_once(bucket: str, s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    store = Store(f"s3://{bucket}/lake", Access(S3Access(s3_endpoint)))
    with pytest.raises(StoreUnavailable, match="PermissionDenied") as refusal:
        store.exists("anything")
    assert "wrong" not in str(refusal.value)
