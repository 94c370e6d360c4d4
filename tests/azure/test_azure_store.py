"""A store in a container of a real blob service, with credentials from the environment."""

from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings, StoreUnavailable
from dropzone_assets.store import Access, AzureAccess, Store
from tests.azure.locations import ACCOUNT, CONTAINER, KEY, AzurePlace
from tests.cases.stores import StoreCases

pytestmark = pytest.mark.azure


@pytest.fixture
def store(tmp_path: Path, azure_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    location = AzurePlace(tmp_path, azure_endpoint)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    return Store(f"az://{CONTAINER}/{location.prefix}", Access(azure=AzureAccess(azure_endpoint)))


class TestAzureStore(StoreCases):
    pass


def test_wrong_credentials_are_refused_at_once(azure_endpoint: str) -> None:
    access = Access(azure=AzureAccess(azure_endpoint, ACCOUNT, "d3Jvbmcga2V5"))
    with pytest.raises(StoreUnavailable, match=r"PermissionDenied|Unauthenticated") as refusal:
        Store(f"az://{CONTAINER}/lake", access).exists("anything")
    assert "d3Jvbmcga2V5" not in str(refusal.value)


def test_a_store_without_an_account_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(BadSettings, match=r"az://lake/x.*[Aa]ccount"):
        Store("az://lake/x", Access())
