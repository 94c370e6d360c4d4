"""A bucket of a GCS server keeps the promises of sources that can be tried without Google."""

import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from dropzone_assets.sources import SourceConfig
from tests.cases.buckets import BucketCases

pytestmark = pytest.mark.gcs

BUCKET = "arrivals"
NUMBERS = count()
ACCOUNT = {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}

UNPRINTABLE = "test_a_name_nobody_can_print_is_set_aside_with_the_reason_and_hides_no_neighbour"
MOVES = (
    "test_a_file_that_was_loaded_can_be_moved_twice_and_is_not_listed_again",
    "test_a_moved_file_keeps_every_character_of_its_name",
)


class GcsPlace:
    """A prefix that nobody else uses; the sender speaks the JSON API."""

    secrets: Mapping[str, str] = {"ACCOUNT": json.dumps(ACCOUNT), "WRONG": "no account at all"}

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home = home
        self.endpoint = endpoint
        self.prefix = f"in/{next(NUMBERS)}"
        self._ask("POST", "/storage/v1/b", json.dumps({"name": BUCKET}).encode(), 409)

    def config(self, **fields: Any) -> SourceConfig:
        location = {"name": "arrivals", "kind": "gcs", "url": f"gs://{BUCKET}/{self.prefix}", "settle_seconds": 0}
        entry = {**location, "endpoint": self.endpoint, "credentials": {"service_account": "ACCOUNT"}, **fields}
        return SourceConfig.model_validate(entry)

    def dead(self) -> SourceConfig:
        return self.config(endpoint="http://127.0.0.1:9")

    def stranger(self) -> SourceConfig:
        return self.config(credentials={"service_account": "WRONG"})

    def missing(self) -> SourceConfig:
        return self.config(url="gs://nowhere-at-all/in")

    def put(self, path: str, content: bytes) -> None:
        name = quote(f"{self.prefix}/{path}", safe="")
        self._ask("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={name}", content)

    def remove(self, path: str) -> None:
        self._ask("DELETE", f"/storage/v1/b/{BUCKET}/o/{quote(f'{self.prefix}/{path}', safe='')}")

    def _ask(self, method: str, target: str, content: bytes = b"", fine: int = 200) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        try:
            urlopen(Request(self.endpoint + target, content or b"", headers, method=method), timeout=10).close()
        except HTTPError as error:
            assert error.code == fine, error.read()
            error.close()


@pytest.fixture
def location(tmp_path: Path, gcs_endpoint: str) -> GcsPlace:
    return GcsPlace(tmp_path, gcs_endpoint)


class TestGcs(BucketCases):
    exceptions: ClassVar = {
        **{f"{UNPRINTABLE}[{n}]": "the client refuses a listing with such a name, so it is Permanent" for n in (0, 1)},
        **dict.fromkeys(MOVES, "the server takes no object from this client, so none can be copied"),
        "test_a_receipt_is_left_whole_replaces_an_older_one_and_is_no_file_of_the_place": "the server takes no object",
        "test_a_bucket_that_is_not_there_is_named_with_a_cure": "the server answers 500, where Google answers 404",
    }
