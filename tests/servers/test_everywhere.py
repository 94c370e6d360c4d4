"""A file from a place of every kind, through one ingest, into a lake in S3; and no secret is left anywhere."""

import logging.handlers
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import boto3
import dagster as dg
import pyarrow.parquet as pq
import pytest
from pyarrow.fs import S3FileSystem

from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.cases.sources import listed
from tests.conftest import ingest_with
from tests.servers.locations import Watched, locations, prepare, send
from tests.servers.stores import KEY, SECRET

pytestmark = [pytest.mark.s3, pytest.mark.azure, pytest.mark.gcs, pytest.mark.remote]


class Ingested(NamedTuple):
    """What was sent where, and what is there after the ingest."""

    settings: Settings
    watched: Mapping[str, Watched]
    sent: Mapping[str, list[str]]
    endpoint: str
    log: str


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingested]:
    """Everything ingested once, with a raw zone and a lake in S3, and everything said meanwhile."""
    home, patch = tmp_path_factory.mktemp("everywhere") / "home", pytest.MonkeyPatch()
    with locations(home) as watched, patch.context() as patched:
        sent = send(watched)
        prepare(home, watched)
        for line in (home / "env").read_text().split("'\n"):
            name, _, value = line.partition("='")
            patched.setenv(name, value) if name else None
        endpoint = watched["s3"].location.config().endpoint
        for name, value in {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}.items():
            patched.setenv(name, value)
        boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="lake")
        settings = Settings(home=home, raw_url="s3://lake/raw", lake_url="s3://lake/lake", s3_endpoint=endpoint)
        messages = logging.handlers.BufferingHandler(10**6)
        logging.getLogger().addHandler(messages)
        (home / "dagster").mkdir()
        with dg.DagsterInstance.local_temp(str(home / "dagster")) as instance:
            ingest_with(settings, instance)
        logging.getLogger().removeHandler(messages)
        yield Ingested(settings, watched, sent, endpoint, "\n".join(r.getMessage() for r in messages.buffer))


def test_a_file_from_every_place_is_in_the_lake(ingested: Ingested) -> None:
    assert lake(ingested) == sorted(row for rows in ingested.sent.values() for row in rows)


def test_every_file_is_known_with_its_source(ingested: Ingested) -> None:
    platform = open_platform(ingested.settings)
    rows = platform.ledger.queries.everything()
    platform.ledger.engine.dispose()
    found = {(row.source, row.state) for row in rows}
    assert found == {(name, "loaded") for name in ingested.watched} | {("sftp", "opened")}
    assert {row.path.split("!/")[0] for row in rows if row.source == "sftp"} == {"payments.zip"}


def test_what_is_loaded_goes_where_its_entry_says(ingested: Ingested) -> None:
    assert listed(ingested.watched["s3"].location) == {}
    assert all(path.startswith("done/") for path in listed(ingested.watched["azure"].location))
    assert len(listed(ingested.watched["ftps"].location)) == 1


def test_no_secret_is_written_down_or_said(ingested: Ingested) -> None:
    """Neither in the ledger, nor in Dagster's runs and events, nor in any file of the home but the shell's."""
    held = {
        location.secrets[name]
        for location, _ in ingested.watched.values()
        for word, name in location.config().credentials.items()
        if word not in ("user", "account", "access_key", "ca") and not location.secrets[name].startswith("/")
    }
    assert len(held) >= 3
    home = ingested.settings.home
    files = [file for file in home.rglob("*") if file.is_file() and file != home / "env" and "web" not in file.parts]
    written = {str(file): file.read_bytes() for file in files}
    assert [(name, secret) for name, content in written.items() for secret in held if secret.encode() in content] == []
    assert [secret for secret in held if secret in ingested.log] == []


def lake(ingested: Ingested) -> list[Any]:
    """The payments in the Parquet objects, read by somebody else."""
    address = ingested.endpoint.removeprefix("http://")
    store = S3FileSystem(access_key=KEY, secret_key=SECRET, endpoint_override=address, scheme="http")
    objects = boto3.client("s3", endpoint_url=ingested.endpoint, region_name="us-east-1").list_objects_v2(
        Bucket="lake", Prefix="lake/transactions/"
    )
    tables = [pq.read_table(f"lake/{each['Key']}", filesystem=store) for each in objects["Contents"]]
    return sorted(row for table in tables for row in table["transaction_id"].to_pylist())
