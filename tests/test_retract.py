"""What a person takes back goes from everywhere, and comes back only when it is meant to."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.errors import Permanent
from dropzone_assets.pipeline.discover import take_in
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.unpack import unpack
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.retract import apply, retraction
from tests.conftest import Drop, Ingest, Query
from tests.road import BAD, A, B, Road, of
from tests.test_arrivals import LAKE, packed, put

pytestmark = pytest.mark.direct

C = "payments_20240503_100000.csv"


@pytest.fixture
def road(home: Path) -> Road:
    return Road(home)


def taken_back(platform: Platform, file: str, source: str = "", *, undo: bool = False) -> None:
    apply(platform, retraction(platform, file, source, undo=undo), undo=undo)


@pytest.mark.full
def test_the_rows_of_a_file_that_is_taken_back_go_from_everywhere(
    home: Path, drop: Drop, ingest: Ingest, query: Query, platform: Platform
) -> None:
    drop(A, of("a", "b"))
    drop(B, of("c"))
    ingest()
    taken_back(platform, A)
    ingest()
    assert query(LAKE) == query("SELECT transaction_id FROM validated.transactions") == [("c",)]
    assert query("SELECT sum(transactions) FROM summary.transactions")[0][0] == 1


@pytest.mark.full
def test_the_command_says_what_goes_and_exit_codes_are_those_of_an_ingest(
    home: Path, drop: Drop, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(A, of("a", "b"))
    ingest()
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    answer = CliRunner().invoke(app, ["retract", A, "--json"])
    document = json.loads(answer.stdout)
    assert (answer.exit_code, document["files_taken_back"], document["runs"] > 0) == (0, 1, True)
    assert document["taken_back"]["rows"] == [{"table": "transactions", "data_date": "2024-05-01", "rows": 2}]
    assert isinstance(CliRunner().invoke(app, ["retract", "nobody.csv"]).exception, Permanent)


def test_a_copy_takes_the_place_of_what_is_taken_back(home: Path, road: Road) -> None:
    put(home, A, of("a").encode())
    road.all()
    put(home, B, of("a").encode())
    road.all()
    assert retraction(road.platform, A).copies == [B]
    assert retraction(road.platform, B).stays == [A]
    taken_back(road.platform, A)
    road.all()
    assert road.states() == {A: ["retracted"], B: ["loaded"]}
    assert road.held() == ["a"]


@pytest.mark.full
def test_it_stays_away_until_it_comes_with_other_bytes(home: Path, road: Road) -> None:
    file = put(home, A, of("a").encode())
    road.all()
    taken_back(road.platform, A)
    road.all()
    os.utime(file, ns=(1, 1))
    road.all()
    road.all()
    assert (road.states()[A], road.held()) == (["retracted", "retracted"], [])
    put(home, A, of("new").encode())
    road.all()
    assert road.held() == ["new"]


def test_what_is_let_in_again_counts_as_before(home: Path, road: Road) -> None:
    put(home, A, of("a").encode())
    put(home, B, of("b").encode())
    road.all()
    taken_back(road.platform, A)
    taken_back(road.platform, B)
    taken_back(road.platform, B, undo=True)
    road.all()
    assert road.held() == ["b"]
    taken_back(road.platform, A, undo=True)
    road.all()
    assert road.held() == ["a", "b"]


@pytest.mark.parametrize("name", ["day.zip", f"day.zip!/{A}"])
def test_an_archive_goes_with_its_members_and_a_member_alone(home: Path, road: Road, name: str) -> None:
    put(home, "day.zip", packed({A: of("a"), f"sub/{B}": of("b")}))
    road.all()
    taken_back(road.platform, name)
    road.all()
    assert road.held() == ([] if name == "day.zip" else ["b"])
    taken_back(road.platform, name, undo=True)
    road.all()
    assert road.held() == ["a", "b"]


@pytest.mark.full
@pytest.mark.parametrize(("name", "held"), [("day.zip", ["a", "b2"]), (f"day.zip!/{A}", ["b2"])])
def test_a_newer_archive_brings_back_what_went_with_the_older_one_only(
    home: Path, road: Road, name: str, held: list[str]
) -> None:
    put(home, "day.zip", packed({A: of("a"), B: of("b")}))
    road.all()
    taken_back(road.platform, name)
    road.all()
    put(home, "day.zip", packed({A: of("a"), B: of("b2")}))
    road.all()
    assert road.held() == held


def test_an_archive_taken_back_while_it_is_opened_brings_nothing(home: Path, road: Road) -> None:
    put(home, "day.zip", packed({A: of("a")}))
    take_in(road.platform, "dropzone")
    present = fetch(road.platform, road.platform.ledger.deliveries.unclaimed("files")).present
    taken_back(road.platform, "day.zip")
    unpack(road.platform, present)
    road.all()
    assert road.states() == {"day.zip": ["retracted"], f"day.zip!/{A}": ["retracted"]}
    assert road.held() == []


def _listed(home: Path, road: Road) -> None:
    put(home, A, of("a").encode())
    take_in(road.platform, "dropzone")


def _failed(home: Path, road: Road) -> None:
    put(home, A, BAD.encode())
    road.all()


@pytest.mark.full
@pytest.mark.parametrize(("arrive", "then"), [(_listed, "loaded"), (_failed, "failed")])
def test_what_has_no_rows_yet_is_taken_back_too(
    home: Path, road: Road, arrive: Callable[[Path, Road], None], then: str
) -> None:
    arrive(home, road)
    taken_back(road.platform, A)
    road.all()
    assert road.states() == {A: ["retracted"]}
    assert road.platform.ledger.deliveries.failures() == []
    taken_back(road.platform, A, undo=True)
    road.all()
    assert road.states() == {A: [then]}


@pytest.mark.full
def test_what_no_contract_recognises_is_a_failure_again_once_it_is_let_in(home: Path, road: Road) -> None:
    put(home, "what.txt", b"?")
    road.all()
    taken_back(road.platform, "what.txt")
    road.all()
    assert road.states() == {"what.txt": ["retracted"]}
    taken_back(road.platform, "what.txt", undo=True)
    road.all()
    assert road.states() == {"what.txt": ["failed"]}
    assert road.platform.ledger.deliveries.pending() == 0


def test_a_run_that_has_it_loads_nothing_of_it(home: Path, road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home, A, of("a").encode())
    put(home, B, of("b").encode())
    from tests import road as stretch

    judge = stretch.judge

    def meanwhile(platform: Platform, *rest: object) -> object:
        taken_back(open_platform(Settings(home=home)), A)
        monkeypatch.undo()
        return judge(platform, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(stretch, "judge", meanwhile)
    take_in(road.platform, "dropzone")
    road.load()
    assert road.held() == ["b"]
    road.all()
    assert road.states() == {A: ["retracted"], B: ["loaded"]}


def test_a_name_that_is_not_plain_is_refused_with_names(home: Path, road: Road) -> None:
    for name in (f"in/{A}", f"out/{A}", B, f"{B}.md5"):
        put(home, name, of(name).encode())
    take_in(road.platform, "dropzone")
    with pytest.raises(Permanent, match=f"2 files are called {A}: in/{A} at dropzone, out/{A} at dropzone"):
        retraction(road.platform, A)
    with pytest.raises(Permanent, match=f"Is it {B}"):
        retraction(road.platform, "payment_20240502_100000.csv")
    with pytest.raises(Permanent, match="at elsewhere"):
        retraction(road.platform, B, "elsewhere")
    with pytest.raises(Permanent, match="has no rows"):
        retraction(road.platform, f"{B}.md5")
    with pytest.raises(Permanent, match="was not taken back"):
        retraction(road.platform, B, undo=True)
    assert retraction(road.platform, f"in/{A}").path == f"in/{A}"
