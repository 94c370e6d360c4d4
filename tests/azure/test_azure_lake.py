"""The same lake in Azure: the same rows, the same promises."""

from pathlib import Path

import pytest

from dropzone_assets.settings import Settings
from tests.azure.locations import ACCOUNT, CONTAINER, KEY, AzurePlace
from tests.cases.lakes import LakeCases, beside

pytestmark = pytest.mark.azure


class TestAzureLake(LakeCases):
    @pytest.fixture
    def remote(self, local: Settings, tmp_path: Path, azure_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
        prefix = f"az://{CONTAINER}/{AzurePlace(tmp_path, azure_endpoint).prefix}"
        urls = {"raw_url": f"{prefix}/raw", "lake_url": f"{prefix}/deep/lake"}
        return beside(local, tmp_path / "remote", azure_endpoint=azure_endpoint, **urls)
