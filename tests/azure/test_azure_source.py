"""A container of a real blob service keeps the promises of sources."""

from pathlib import Path
from typing import ClassVar

import pytest

from dropzone_assets.errors import NotLetIn, Permanent
from tests.azure.locations import ACCOUNT, KEY, AzurePlace, Secrets, signature
from tests.cases.buckets import BucketCases
from tests.cases.sources import listed

pytestmark = pytest.mark.azure

UNPRINTABLE = "test_a_name_nobody_can_print_is_set_aside_with_the_reason_and_hides_no_neighbour"


@pytest.fixture
def location(tmp_path: Path, azure_endpoint: str) -> AzurePlace:
    return AzurePlace(tmp_path, azure_endpoint)


class TestAzure(BucketCases):
    exceptions: ClassVar = {
        "test_a_file_with_a_strange_name_is_a_file[15]": "Azure makes a folder of a backslash",
        **{f"{UNPRINTABLE}[{n}]": "the client refuses a listing with such a name, so it is Permanent" for n in (0, 1)},
        f"{UNPRINTABLE}[2]": "Azurite answers 500 to a listing with such a name",
    }


def test_a_connection_string_lets_us_in(location: AzurePlace) -> None:
    location.put("a.csv", b"")
    text = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={location.endpoint};"
    location.secrets = {"CONNECTION": text}
    assert set(listed(location, credentials={"connection_string": "CONNECTION"}, endpoint="")) == {"a.csv"}


def test_a_name_that_the_client_refuses_stops_the_listing_and_is_said(location: AzurePlace) -> None:
    location.put("a\tb.csv", b"")
    with pytest.raises(Permanent, match="without control characters"):
        listed(location)


def test_a_shared_access_signature_lets_us_in_until_it_ends(location: AzurePlace) -> None:
    location.put("a.csv", b"content")
    entry = {"credentials": {"account": "ACCOUNT", "sas": "SAS"}}
    location.secrets = Secrets({"SAS": signature("rl", "2099-01-01T00:00:00Z")})
    assert set(listed(location, **entry)) == {"a.csv"}
    location.secrets = Secrets({"SAS": (ended := signature("rl", "2020-01-01T00:00:00Z"))})
    with pytest.raises(NotLetIn) as refusal:
        listed(location, **entry)
    assert ended.partition("sig=")[2] not in str(refusal.value)


def test_a_key_that_is_no_key_is_refused_without_being_said(location: AzurePlace) -> None:
    location.secrets = Secrets({"ARRIVALS_KEY": "my password!"})
    with pytest.raises(NotLetIn, match="arrivals") as refusal:
        listed(location)
    assert "my password!" not in str(refusal.value)


def test_credentials_of_the_environment_let_us_in_where_the_entry_names_none(
    location: AzurePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    location.put("a.csv", b"")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    assert set(listed(location, credentials={})) == {"a.csv"}


def test_credentials_of_an_entry_come_before_those_of_the_environment(
    location: AzurePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    location.put("a.csv", b"")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "another")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "YW5vdGhlcg==")
    monkeypatch.setenv("AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=x")
    assert set(listed(location)) == {"a.csv"}
