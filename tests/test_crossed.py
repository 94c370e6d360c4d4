"""Runs that cross each other or die at a bad moment leave the lake and the ledger as if they had not."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from unittest.mock import patch

import pytest

from dropzone_assets.engine import rows
from dropzone_assets.files import Delivery
from dropzone_assets.inspect.query import open_query
from dropzone_assets.ledger import INGESTION, Tally, now
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.summarise import Summary, ask_ingestion, keep
from dropzone_assets.upkeep.retract import apply, retraction
from tests.conftest import Drop
from tests.pipeline import A, B, Pipeline
from tests.samples import payment, payments
from tests.test_arrivals import packed, put


@pytest.fixture
def pipeline(home: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(home)
    yield pipeline
    pipeline.platform.ledger.engine.dispose()


def waiting(pipeline: Pipeline, path: str) -> list[Delivery]:
    return [each for each in pipeline.platform.ledger.worklist.waiting("transactions") if each.path == path]


def test_a_day_published_between_a_load_that_died_and_its_repetition_hides_no_other_day(
    pipeline: Pipeline, drop: Drop
) -> None:
    drop(A, payments(payment("a"), payment("z", "2024-04-30")))
    drop(B, payments(payment("b")))
    pipeline.all()
    pipeline.bring_up_to_date()
    drop(A, payments(payment("new")))
    drop(B, payments(payment("other")))
    pipeline.open()
    fetch(pipeline.platform, pipeline.platform.ledger.worklist.waiting("transactions"))
    pipeline.commit(pipeline.validated("transactions", waiting(pipeline, B)))
    died = patch.object(pipeline.platform.ledger.partitions, "touched", side_effect=KeyboardInterrupt)
    with died, pytest.raises(KeyboardInterrupt):
        pipeline.commit(pipeline.validated("transactions", waiting(pipeline, A)))
    pipeline.bring_up_to_date()
    pipeline.commit(pipeline.validated("transactions", waiting(pipeline, A)))
    pipeline.bring_up_to_date()
    assert pipeline.lake() == pipeline.held() == ["new", "other"]


def test_a_file_of_no_table_that_goes_and_comes_back_is_failed_again(
    pipeline: Pipeline, drop: Drop, home: Path
) -> None:
    file, away = drop("whatever.txt", "x"), home / "away"
    pipeline.all()
    file.rename(away)
    pipeline.all()
    away.rename(file)
    pipeline.all()
    assert pipeline.states() == {"whatever.txt": ["superseded", "failed"]}  # a move gives a file another ctime
    assert [row.cure for row in pipeline.platform.ledger.queries.failures()] != [""]
    assert pipeline.platform.ledger.claims.pending() == 0


def test_of_equal_files_that_two_runs_copy_at_once_one_is_loaded(pipeline: Pipeline, drop: Drop) -> None:
    """The run that came first goes on with its file, though the other one is older."""
    for name in (B, A):
        drop(name, payments(payment("a")))
        discover(pipeline.platform, "dropzone")
        fetch(pipeline.platform, waiting(pipeline, name))
    assert pipeline.states() == {A: ["linked"], B: ["fetched"]}
    pipeline.all()
    assert (pipeline.states(), pipeline.held()) == ({A: ["linked"], B: ["loaded"]}, ["a"])


@pytest.mark.parametrize("since", ["gone", "restated"])
def test_what_a_slow_backfill_finds_at_the_source_is_no_fault_of_what_is_loaded(
    since: str, pipeline: Pipeline, drop: Drop
) -> None:
    file = drop(A, payments(payment("a")))
    discover(pipeline.platform, "dropzone")
    seen = pipeline.platform.ledger.worklist.of_dates("transactions", [date(2024, 5, 1)])
    pipeline.all()
    file.unlink() if since == "gone" else drop(A, "nonsense\n1\n")
    fetch(pipeline.platform, seen)
    assert (pipeline.states(), pipeline.held()) == ({A: ["loaded"]}, ["a"])
    found = pipeline.platform.ledger.queries.contributors("transactions", date(2024, 5, 1))
    assert [(row.path, row.on_day) for row in found] == [(A, 1)]


def test_a_file_that_goes_while_it_is_copied_has_failed(pipeline: Pipeline, drop: Drop) -> None:
    file, source = drop(A, payments(payment("a"))), pipeline.platform.sources["dropzone"]
    with patch.object(source, "version", side_effect=lambda _: file.unlink() or ""):
        pipeline.all()
    assert pipeline.states() == {A: ["failed"]}
    assert [row.stage for row in pipeline.platform.ledger.queries.failures()] == ["fetch"]


def came_in(pipeline: Pipeline) -> list[tuple[int, int]]:
    """Files and valid rows of every day, as the summary has them."""
    with open_query(pipeline.platform) as connection:
        return rows(connection, "SELECT files, valid FROM summary.ingestion WHERE files > 0")


def test_an_older_answer_to_what_came_in_replaces_no_newer_one(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, payments(payment("a")))
    pipeline.all()
    older = ask_ingestion(pipeline.platform, [date(2024, 5, 1)], now())
    drop("payments_20240501_110000.csv", payments(payment("b")))
    pipeline.all()
    pipeline.bring_up_to_date()
    with closing(older.connection):
        keep(pipeline.platform, older)
    assert came_in(pipeline) == [(2, 2)]


def test_an_answer_that_died_before_it_was_noted_is_asked_for_once_more(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, payments(payment("a")))
    pipeline.all()
    books, days = pipeline.platform.ledger.partitions, [date(2024, 5, 1)]
    died = patch.object(books, "summarised", side_effect=KeyboardInterrupt)
    with died, pytest.raises(KeyboardInterrupt):
        keep(pipeline.platform, ask_ingestion(pipeline.platform, days, now()))
    assert list(books.unsummarised()[INGESTION]) == days
    keep(pipeline.platform, ask_ingestion(pipeline.platform, days, now()))
    assert INGESTION not in books.unsummarised() and INGESTION not in books.due()


def test_what_is_asked_while_a_load_tells_the_ledger_is_asked_again(pipeline: Pipeline, drop: Drop) -> None:
    drop(A, payments(payment("a", "2024-04-01")))
    ledger, asked = pipeline.platform.ledger, list[Summary]()
    loaded = ledger.deliveries.loaded

    def crossed(tallies: Sequence[Tally], contract: str) -> None:
        asked.append(ask_ingestion(pipeline.platform, list(ledger.partitions.due()[INGESTION]), now()))
        loaded(tallies, contract)

    with patch.object(ledger.deliveries, "loaded", crossed):
        pipeline.all()
    with closing(asked[0].connection):
        keep(pipeline.platform, asked[0])
    pipeline.bring_up_to_date()
    assert came_in(pipeline) == [(1, 1)]


@pytest.mark.parametrize(("text", "held"), [("nonsense\n1\n", ["old"]), (payments(payment("new")), ["new"])])
def test_a_copy_of_what_nobody_has_loaded_yet_replaces_nothing_until_that_is_loaded(
    text: str, held: list[str], pipeline: Pipeline, drop: Drop
) -> None:
    drop(B, payments(payment("old")))
    pipeline.all()
    drop(A, text)
    discover(pipeline.platform, "dropzone")
    fetch(pipeline.platform, waiting(pipeline, A))
    drop(B, text)
    discover(pipeline.platform, "dropzone")
    fetch(pipeline.platform, waiting(pipeline, B))
    (copy,) = [row for row in pipeline.platform.ledger.queries.everything() if row.state == "linked"]
    pipeline.commit(pipeline.validated("transactions", pipeline.platform.ledger.worklist.of_keys([copy.key])))
    assert pipeline.held() == ["old"]
    pipeline.all()
    assert (pipeline.held(), pipeline.platform.ledger.claims.pending()) == (held, 0)
    pipeline.bring_up_to_date()
    assert pipeline.lake() == held


def test_an_archive_is_taken_back_with_members_that_only_an_older_version_of_it_had(
    pipeline: Pipeline, home: Path
) -> None:
    put(home, "x.zip", packed({A: payments(payment("a")), B: payments(payment("b"))}))
    pipeline.all()
    put(home, "x.zip", packed({A: payments(payment("new"))}))
    pipeline.all()
    assert pipeline.held() == ["b", "new"]
    for undo, held in ((False, []), (True, ["b", "new"])):
        apply(pipeline.platform, retraction(pipeline.platform, "x.zip", undo=undo), undo=undo)
        pipeline.all()
        assert pipeline.held() == held
