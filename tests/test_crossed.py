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
from dropzone_assets.pipeline.discover import take_in
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.summarise import Summary, ask_ingestion, keep
from dropzone_assets.upkeep.retract import apply, retraction
from tests.conftest import Drop
from tests.road import A, B, Road
from tests.samples import payment, payments
from tests.test_arrivals import packed, put


@pytest.fixture
def road(home: Path) -> Iterator[Road]:
    road = Road(home)
    yield road
    road.platform.ledger.engine.dispose()


def waiting(road: Road, path: str) -> list[Delivery]:
    return [each for each in road.platform.ledger.deliveries.waiting("transactions") if each.path == path]


def test_a_day_published_between_a_load_that_died_and_its_repetition_hides_no_other_day(road: Road, drop: Drop) -> None:
    drop(A, payments(payment("a"), payment("z", "2024-04-30")))
    drop(B, payments(payment("b")))
    road.all()
    road.bring_up_to_date()
    drop(A, payments(payment("new")))
    drop(B, payments(payment("other")))
    road.open()
    fetch(road.platform, road.platform.ledger.deliveries.waiting("transactions"))
    road.commit(road.judged("transactions", waiting(road, B)))
    died = patch.object(road.platform.ledger.partitions, "touched", side_effect=KeyboardInterrupt)
    with died, pytest.raises(KeyboardInterrupt):
        road.commit(road.judged("transactions", waiting(road, A)))
    road.bring_up_to_date()
    road.commit(road.judged("transactions", waiting(road, A)))
    road.bring_up_to_date()
    assert road.lake() == road.held() == ["new", "other"]


def test_a_file_of_no_table_that_goes_and_comes_back_is_failed_again(road: Road, drop: Drop, home: Path) -> None:
    file, away = drop("whatever.txt", "x"), home / "away"
    road.all()
    file.rename(away)
    road.all()
    away.rename(file)
    road.all()
    assert road.states() == {"whatever.txt": ["superseded", "failed"]}  # a move gives a file another ctime
    assert [row.cure for row in road.platform.ledger.deliveries.failures()] != [""]
    assert road.platform.ledger.deliveries.pending() == 0


@pytest.mark.parametrize("since", ["gone", "restated"])
def test_what_a_slow_backfill_finds_at_the_source_is_no_fault_of_what_is_loaded(
    since: str, road: Road, drop: Drop
) -> None:
    file = drop(A, payments(payment("a")))
    take_in(road.platform, "dropzone")
    seen = road.platform.ledger.deliveries.of_dates("transactions", [date(2024, 5, 1)])
    road.all()
    file.unlink() if since == "gone" else drop(A, "nonsense\n1\n")
    fetch(road.platform, seen)
    assert (road.states(), road.held()) == ({A: ["loaded"]}, ["a"])


def test_a_file_that_goes_while_it_is_copied_has_failed(road: Road, drop: Drop) -> None:
    file, source = drop(A, payments(payment("a"))), road.platform.sources["dropzone"]
    with patch.object(source, "version", side_effect=lambda _: file.unlink() or ""):
        road.all()
    assert road.states() == {A: ["failed"]}
    assert [row.stage for row in road.platform.ledger.deliveries.failures()] == ["fetch"]


def came_in(road: Road) -> list[tuple[int, int]]:
    """Files and valid rows of every day, as the summary has them."""
    with open_query(road.platform) as connection:
        return rows(connection, "SELECT files, valid FROM summary.ingestion WHERE files > 0")


def test_an_older_answer_to_what_came_in_replaces_no_newer_one(road: Road, drop: Drop) -> None:
    drop(A, payments(payment("a")))
    road.all()
    older = ask_ingestion(road.platform, [date(2024, 5, 1)], now())
    drop("payments_20240501_110000.csv", payments(payment("b")))
    road.all()
    road.bring_up_to_date()
    with closing(older.connection):
        keep(road.platform, older)
    assert came_in(road) == [(2, 2)]


def test_an_answer_that_died_before_it_was_noted_is_asked_for_once_more(road: Road, drop: Drop) -> None:
    drop(A, payments(payment("a")))
    road.all()
    books, days = road.platform.ledger.partitions, [date(2024, 5, 1)]
    died = patch.object(books, "summarised", side_effect=KeyboardInterrupt)
    with died, pytest.raises(KeyboardInterrupt):
        keep(road.platform, ask_ingestion(road.platform, days, now()))
    assert list(books.unsummarised()[INGESTION]) == days
    keep(road.platform, ask_ingestion(road.platform, days, now()))
    assert INGESTION not in books.unsummarised() and INGESTION not in books.due()


def test_what_is_asked_while_a_load_tells_the_ledger_is_asked_again(road: Road, drop: Drop) -> None:
    drop(A, payments(payment("a", "2024-04-01")))
    ledger, asked = road.platform.ledger, list[Summary]()
    loaded = ledger.deliveries.loaded

    def crossed(tallies: Sequence[Tally], contract: str) -> None:
        asked.append(ask_ingestion(road.platform, list(ledger.partitions.due()[INGESTION]), now()))
        loaded(tallies, contract)

    with patch.object(ledger.deliveries, "loaded", crossed):
        road.all()
    with closing(asked[0].connection):
        keep(road.platform, asked[0])
    road.bring_up_to_date()
    assert came_in(road) == [(1, 1)]


@pytest.mark.parametrize(("text", "held"), [("nonsense\n1\n", ["old"]), (payments(payment("new")), ["new"])])
def test_a_copy_of_what_nobody_has_loaded_yet_replaces_nothing_until_that_is_loaded(
    text: str, held: list[str], road: Road, drop: Drop
) -> None:
    drop(B, payments(payment("old")))
    road.all()
    drop(A, text)
    take_in(road.platform, "dropzone")
    fetch(road.platform, waiting(road, A))
    drop(B, text)
    take_in(road.platform, "dropzone")
    fetch(road.platform, waiting(road, B))
    (copy,) = [row for row in road.platform.ledger.deliveries.everything() if row.state == "linked"]
    road.commit(road.judged("transactions", road.platform.ledger.deliveries.of_keys([copy.key])))
    assert road.held() == ["old"]
    road.all()
    assert (road.held(), road.platform.ledger.deliveries.pending()) == (held, 0)
    road.bring_up_to_date()
    assert road.lake() == held


def test_an_archive_is_taken_back_with_members_that_only_an_older_version_of_it_had(road: Road, home: Path) -> None:
    put(home, "x.zip", packed({A: payments(payment("a")), B: payments(payment("b"))}))
    road.all()
    put(home, "x.zip", packed({A: payments(payment("new"))}))
    road.all()
    assert road.held() == ["b", "new"]
    for undo, held in ((False, []), (True, ["b", "new"])):
        apply(road.platform, retraction(road.platform, "x.zip", undo=undo), undo=undo)
        road.all()
        assert road.held() == held
