"""What a listing says of objects, by columns; that of a real server is in `s3/`, `azure/` and `gcs/`."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from dropzone_assets.store import AzureAccess
from dropzone_assets.store.columns import columns, tag

MOMENT = datetime(2026, 11, 21, 5, 17, 34, 123_456, tzinfo=UTC)


def page(path: str, e_tag: str | None) -> pa.RecordBatch:
    size = pa.array([12], pa.uint64())
    moment = pa.array([MOMENT], pa.timestamp("us", "UTC"))
    return pa.record_batch(
        {"path": [path], "size": size, "e_tag": pa.array([e_tag], pa.string()), "last_modified": moment}
    )


@pytest.mark.parametrize("e_tag", ['"abc"', "abc", None])
def test_a_version_is_the_same_in_a_listing_and_asked_for_alone(e_tag: str | None) -> None:
    listed = columns(page("a.csv", e_tag))["version"].to_pylist()
    asked = tag({"path": "a.csv", "size": 12, "e_tag": e_tag, "last_modified": MOMENT, "version": None})
    assert listed == [asked] == ["abc" if e_tag else "12-1795238254123"]


@pytest.mark.parametrize(
    "path", ["a//b", "/a", "../a", "a/../b", "a/..", "./a", "a/./b", ".", "a\tb", "a\nb", "a\x00", "a\x7f", "a\ufffd"]
)
def test_a_name_that_no_client_takes_has_a_problem(path: str) -> None:
    assert columns(page(path, None))["problem"].to_pylist() != [""]


@pytest.mark.parametrize("path", ["a", "a/b", ".a", "..a", "a..", "a/.b", "a/..b", "a/b../c", "ü/\u00a0", "a#b?c%d"])
def test_other_names_have_none(path: str) -> None:
    assert columns(page(path, None))["problem"].to_pylist() == [""]


CONNECTIONS = {
    "DefaultEndpointsProtocol=https;AccountName=one;AccountKey=a2V5PT0=;EndpointSuffix=core.windows.net": AzureAccess(
        "https://one.blob.core.windows.net", "one", "a2V5PT0="
    ),
    "BlobEndpoint=https://two.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D": AzureAccess(
        "https://two.blob.core.windows.net", "two", "", "sv=1&sig=x%3D"
    ),
    "AccountName=three;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:10000/three;": AzureAccess(
        "http://127.0.0.1:10000/three", "three", "a2V5"
    ),
}


@pytest.mark.parametrize("text", CONNECTIONS, ids=range(len(CONNECTIONS)))
def test_a_connection_string_says_how_an_account_is_reached(text: str) -> None:
    assert AzureAccess.of(text) == CONNECTIONS[text]
    assert "a2V5" not in repr(AzureAccess.of(text))
