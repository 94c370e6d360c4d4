"""A row of the lake is found again where it came from, and so is a row that was refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.errors import Permanent
from dropzone_assets.inspect.trace import trace
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from tests.conftest import ingest_home, make_home
from tests.samples import event, events, payment, payments
from tests.test_arrivals import packed, put

NAME = "payments_20240501_100000.csv"

PAYMENTS = (
    "above\n" + payments("", payment("a"), payment("b,x"), payment("c").replace(",u1,", ',"u\n1",'), payment("d"))
).encode("utf-8-sig")
"""A byte order mark, a line above the header, a blank line, a record with a cell too many, and one on two lines."""

DOCUMENT = json.dumps(json.loads(events(event("v1"), event("v2"))), indent=1).encode()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a file in an archive in an archive, and a document of two events."""
    home = make_home(tmp_path_factory.mktemp("trace") / "home")
    put(home, "day.zip", packed({"in/week.zip": packed({NAME: PAYMENTS})}))
    put(home, "vehicles_events_20240501000000.json", DOCUMENT)
    with dg.DagsterInstance.ephemeral() as instance:
        ingest_home(home, instance)
    return home


@pytest.fixture
def platform(loaded: Path) -> Iterator[Platform]:
    platform = open_platform(Settings(home=loaded))
    yield platform
    platform.ledger.engine.dispose()


def run(home: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    """What a command prints."""
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout


def test_a_row_is_followed_through_its_archives_to_its_bytes(platform: Platform) -> None:
    (found,) = trace(platform, platform.contract("transactions"), "transaction_id = 'c'", 10)
    assert [each.path for each in found.archives] == ["day.zip", "day.zip!/in/week.zip"]
    assert found.delivery.path == f"day.zip!/in/week.zip!/{NAME}"
    assert (found.delivery.source, found.record, found.version) == ("dropzone", 3, "1.0.0")
    location = found.original.location
    assert location and (location.line, location.where) == (6, "lines 6 to 7")
    assert PAYMENTS[location.start : location.end].decode() == found.original.text + "\n"
    assert found.original.text == payment("c").replace(",u1,", ',"u\n1",')


def test_an_element_of_a_document_is_found_by_its_path(platform: Platform) -> None:
    (found,) = trace(platform, platform.contract("vehicle_events"), "vehicle_id = 'v2'", 10)
    location = found.original.location
    assert location and location.where == "$.vehicles_events[1]"
    assert json.loads(DOCUMENT[location.start : location.end]) == event("v2")
    assert DOCUMENT.split(b"\n")[(location.line or 0) - 1].strip() == b"{"


def test_all_rows_are_traced_as_far_as_asked(platform: Platform) -> None:
    contract = platform.contract("transactions")
    assert [each.record for each in trace(platform, contract, "", 10)] == [1, 3, 4]
    assert [each.record for each in trace(platform, contract, "true -- all of them", 2)] == [1, 3]


def test_a_condition_that_duckdb_refuses_is_told_with_the_columns_there_are(platform: Platform) -> None:
    with pytest.raises(Permanent, match="colour") as error:
        trace(platform, platform.contract("transactions"), "colour = 'red'", 10)
    assert "transaction_id" in error.value.cure


def test_a_file_that_the_raw_zone_has_lost_is_named(platform: Platform) -> None:
    contract = platform.contract("transactions")
    (found,) = trace(platform, contract, "transaction_id = 'a'", 1)
    held = Path(platform.raw.uri(found.delivery.raw_path))
    held.rename(held.with_suffix(".away"))
    with pytest.raises(Permanent, match=r"The raw copy of day\.zip!/.* is gone"):
        trace(platform, contract, "transaction_id = 'a'", 1)
    held.with_suffix(".away").rename(held)


def test_the_command_prints_the_way_of_a_row(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = run(loaded, monkeypatch, "trace", "transactions", "--where", "transaction_id = 'd'")
    assert code == 0
    assert [said.find(word) for word in ("source", "day.zip", NAME, "line 8, bytes ", "d,2024-05-01T10:00:00Z")] == (
        sorted(said.find(word) for word in ("source", "day.zip", NAME, "line 8, bytes ", "d,2024-05-01T10:00:00Z"))
    )
    assert run(loaded, monkeypatch, "trace", "transactions", "--where", "false")[0] == 1
    (document,) = json.loads(run(loaded, monkeypatch, "trace", "transactions", "--limit", "1", "--json")[1])
    assert (document["record"], document["line"], document["row"]["transaction_id"]) == (1, 4, "a")


def test_the_quarantine_shows_lines(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: dict[str, Any] = json.loads(run(loaded, monkeypatch, "quarantine", "transactions", "--json")[1])
    (row,) = shown["quarantined"]
    assert (row["record"], row["line"], row["where"]) == (2, 5, "line 5")
    assert PAYMENTS[row["start"] : row["end"]].decode() == payment("b,x") + "\n"
    assert "line" in run(loaded, monkeypatch, "quarantine", "transactions")[1]
