"""What happens to a delivery happens to it alone, and leaves nothing behind that is not true of it."""

from dataclasses import replace
from datetime import date, timedelta

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.ledger import Ledger, Tally, now
from tests.entries import ARRIVED, WHY, record, states

DAY = date(2024, 5, 1)


def test_what_another_run_has_copied_keeps_its_rows_and_copies_when_it_is_said_to_have_changed(ledger: Ledger) -> None:
    key, copy, slow = record(ledger, "a.csv", "copy.csv", "slow.csv")
    found = [replace(each, content_hash="abcd") for each in ledger.worklist.of_keys([key])]
    ledger.deliveries.fetched(found)
    ledger.deliveries.loaded([Tally(key, 2, 2, 0, 0, ((DAY, 2),))])
    ledger.deliveries.linked({copy: key})
    ledger.deliveries.superseded([key, slow], uncopied=True)
    assert states(ledger) == {"a.csv": "loaded", "copy.csv": "linked", "slow.csv": "superseded"}
    assert [(row.path, row.on_day) for row in ledger.queries.contributors("t", DAY)] == [("a.csv", 2)]


def test_a_file_that_is_refused_as_a_whole_has_no_rows_any_more_unless_they_are_to_be_loaded_again(
    ledger: Ledger,
) -> None:
    key, lost = record(ledger, "a.csv", "lost.csv")
    ledger.deliveries.loaded([Tally(each, 2, 2, 0, 0, ((DAY, 2),)) for each in (key, lost)])
    ledger.replays.rebuild([lost])
    for each in (key, lost):
        ledger.deliveries.refused(each, WHY)
    assert states(ledger) == {"a.csv": "failed", "lost.csv": "failed"}
    assert ledger.queries.on_days([key, lost]) == {("t", DAY): 2}
    assert ledger.partitions.awaited() == {"t": {DAY}}


def test_the_tries_of_one_run_are_one_wait(ledger: Ledger) -> None:
    (key,) = record(ledger, "a.csv")
    for _ in range(4):
        ledger.claims.delayed({key: SourceUnavailable("Silence.", "It is tried again.")})
    (row,) = ledger.queries.everything()
    assert row.waits == 1 and row.not_before is not None
    assert row.not_before <= now() + timedelta(seconds=10)
    ledger.claims.hasten()
    ledger.claims.delayed({key: SourceUnavailable("Silence.", "It is tried again.")})
    (row,) = ledger.queries.everything()
    assert row.waits == 2


def test_a_version_that_is_back_brings_no_old_trouble(ledger: Ledger) -> None:
    (key,) = record(ledger, "a.csv")
    ledger.claims.delayed({key: SourceUnavailable("Silence.", "It is tried again.")})
    ledger.deliveries.superseded([key])
    ledger.arrivals.restore([key], ARRIVED)
    (row,) = ledger.queries.everything()
    assert (row.state, row.waits, row.not_before, row.stage, row.reason, row.cure) == ("listed", 0, None, "", "", "")
