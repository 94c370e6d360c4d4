"""What a person takes back goes from everywhere, and comes back only when it is meant to."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.errors import Permanent
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.unpack import unpack
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.retract import apply, retraction
from tests.conftest import Drop, Ingest, Query
from tests.pipeline import BAD, A, B, Pipeline, of
from tests.test_arrivals import LAKE, packed, put

pytestmark = pytest.mark.direct

C = "payments_20240503_100000.csv"


@pytest.fixture
def pipeline(home: Path) -> Pipeline:
    return Pipeline(home)


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


def test_a_copy_takes_the_place_of_what_is_taken_back(home: Path, pipeline: Pipeline) -> None:
    put(home, A, of("a").encode())
    pipeline.all()
    put(home, B, of("a").encode())
    pipeline.all()
    assert retraction(pipeline.platform, A).copies == [B]
    assert retraction(pipeline.platform, B).stays == [A]
    taken_back(pipeline.platform, A)
    pipeline.all()
    assert pipeline.states() == {A: ["retracted"], B: ["loaded"]}
    assert pipeline.held() == ["a"]


@pytest.mark.full
def test_it_stays_away_until_it_comes_with_other_bytes(home: Path, pipeline: Pipeline) -> None:
    file = put(home, A, of("a").encode())
    pipeline.all()
    taken_back(pipeline.platform, A)
    pipeline.all()
    os.utime(file, ns=(1, 1))
    pipeline.all()
    pipeline.all()
    assert (pipeline.states()[A], pipeline.held()) == (["retracted", "retracted"], [])
    put(home, A, of("new").encode())
    pipeline.all()
    assert pipeline.held() == ["new"]


def test_what_is_let_in_again_counts_as_before(home: Path, pipeline: Pipeline) -> None:
    put(home, A, of("a").encode())
    put(home, B, of("b").encode())
    pipeline.all()
    taken_back(pipeline.platform, A)
    taken_back(pipeline.platform, B)
    taken_back(pipeline.platform, B, undo=True)
    pipeline.all()
    assert pipeline.held() == ["b"]
    taken_back(pipeline.platform, A, undo=True)
    pipeline.all()
    assert pipeline.held() == ["a", "b"]


@pytest.mark.parametrize("name", ["day.zip", f"day.zip!/{A}"])
def test_an_archive_goes_with_its_members_and_a_member_alone(home: Path, pipeline: Pipeline, name: str) -> None:
    put(home, "day.zip", packed({A: of("a"), f"sub/{B}": of("b")}))
    pipeline.all()
    taken_back(pipeline.platform, name)
    pipeline.all()
    assert pipeline.held() == ([] if name == "day.zip" else ["b"])
    taken_back(pipeline.platform, name, undo=True)
    pipeline.all()
    assert pipeline.held() == ["a", "b"]


@pytest.mark.full
@pytest.mark.parametrize(("name", "held"), [("day.zip", ["a", "b2"]), (f"day.zip!/{A}", ["b2"])])
def test_a_newer_archive_brings_back_what_went_with_the_older_one_only(
    home: Path, pipeline: Pipeline, name: str, held: list[str]
) -> None:
    put(home, "day.zip", packed({A: of("a"), B: of("b")}))
    pipeline.all()
    taken_back(pipeline.platform, name)
    pipeline.all()
    put(home, "day.zip", packed({A: of("a"), B: of("b2")}))
    pipeline.all()
    assert pipeline.held() == held


def test_an_archive_taken_back_while_it_is_opened_brings_nothing(home: Path, pipeline: Pipeline) -> None:
    put(home, "day.zip", packed({A: of("a")}))
    discover(pipeline.platform, "dropzone")
    present = fetch(pipeline.platform, pipeline.platform.ledger.claims.unclaimed("files")).present
    taken_back(pipeline.platform, "day.zip")
    unpack(pipeline.platform, present)
    pipeline.all()
    assert pipeline.states() == {"day.zip": ["retracted"], f"day.zip!/{A}": ["retracted"]}
    assert pipeline.held() == []


def _listed(home: Path, pipeline: Pipeline) -> None:
    put(home, A, of("a").encode())
    discover(pipeline.platform, "dropzone")


def _failed(home: Path, pipeline: Pipeline) -> None:
    put(home, A, BAD.encode())
    pipeline.all()


@pytest.mark.full
@pytest.mark.parametrize(("arrive", "then"), [(_listed, "loaded"), (_failed, "failed")])
def test_what_has_no_rows_yet_is_taken_back_too(
    home: Path, pipeline: Pipeline, arrive: Callable[[Path, Pipeline], None], then: str
) -> None:
    arrive(home, pipeline)
    taken_back(pipeline.platform, A)
    pipeline.all()
    assert pipeline.states() == {A: ["retracted"]}
    assert pipeline.platform.ledger.queries.failures() == []
    taken_back(pipeline.platform, A, undo=True)
    pipeline.all()
    assert pipeline.states() == {A: [then]}


@pytest.mark.full
def test_what_no_contract_recognises_is_a_failure_again_once_it_is_let_in(home: Path, pipeline: Pipeline) -> None:
    put(home, "what.txt", b"?")
    pipeline.all()
    taken_back(pipeline.platform, "what.txt")
    pipeline.all()
    assert pipeline.states() == {"what.txt": ["retracted"]}
    taken_back(pipeline.platform, "what.txt", undo=True)
    pipeline.all()
    assert pipeline.states() == {"what.txt": ["failed"]}
    assert pipeline.platform.ledger.claims.pending() == 0


def test_a_run_that_has_it_loads_nothing_of_it(home: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    put(home, A, of("a").encode())
    put(home, B, of("b").encode())
    from tests import pipeline as stretch

    validate = stretch.validate

    def meanwhile(platform: Platform, *rest: object) -> object:
        taken_back(open_platform(Settings(home=home)), A)
        monkeypatch.undo()
        return validate(platform, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(stretch, "validate", meanwhile)
    discover(pipeline.platform, "dropzone")
    pipeline.load()
    assert pipeline.held() == ["b"]
    pipeline.all()
    assert pipeline.states() == {A: ["retracted"], B: ["loaded"]}


def test_a_name_that_is_not_plain_is_refused_with_names(home: Path, pipeline: Pipeline) -> None:
    for name in (f"in/{A}", f"out/{A}", B, f"{B}.md5"):
        put(home, name, of(name).encode())
    discover(pipeline.platform, "dropzone")
    with pytest.raises(Permanent, match=f"2 files are called {A}: in/{A} at dropzone, out/{A} at dropzone"):
        retraction(pipeline.platform, A)
    with pytest.raises(Permanent, match=f"Is it {B}"):
        retraction(pipeline.platform, "payment_20240502_100000.csv")
    with pytest.raises(Permanent, match="at elsewhere"):
        retraction(pipeline.platform, B, "elsewhere")
    with pytest.raises(Permanent, match="has no rows"):
        retraction(pipeline.platform, f"{B}.md5")
    with pytest.raises(Permanent, match="was not taken back"):
        retraction(pipeline.platform, B, undo=True)
    assert retraction(pipeline.platform, f"in/{A}").path == f"in/{A}"
