"""The ledger knows which senders are owed an answer, and which files are gone."""

import json
from dataclasses import replace

from dropzone_assets.ledger import Ledger, Tally
from tests.entries import WHY, delivery, record, states


def owed(ledger: Ledger) -> list[str]:
    return ledger.receipts.due("s", "", 10)


def tell(ledger: Ledger, *keys: str) -> None:
    """As a receipt does that nothing comes between."""
    ledger.receipts.sent(keys, keys, ledger.receipts.events(keys))


def test_an_answer_is_owed_for_what_is_decided_and_again_when_it_is_decided_otherwise(ledger: Ledger) -> None:
    loaded, failed, _ = record(ledger, "a", "b", "c")
    assert owed(ledger) == []
    ledger.deliveries.loaded([Tally(loaded, 1, 1, 0, 0)])
    ledger.deliveries.failed(failed, "read", WHY)
    assert owed(ledger) == ["a", "b"]
    assert ledger.receipts.due("s", "a", 10) == ["b"]
    tell(ledger, loaded)
    tell(ledger, failed)
    assert owed(ledger) == []
    ledger.retractions.retract([loaded], "why")
    assert owed(ledger) == []
    ledger.retractions.retracted([loaded])
    assert owed(ledger) == ["a"]


def test_an_answer_that_something_came_between_is_owed_still(ledger: Ledger) -> None:
    (key,) = record(ledger, "a")
    ledger.deliveries.loaded([Tally(key, 1, 1, 0, 0)])
    before = ledger.receipts.events([key])
    ledger.deliveries.failed(key, "upload", WHY)
    ledger.receipts.sent([key], [key], before)
    assert owed(ledger) == ["a"]


def test_what_is_decided_of_a_member_is_told_of_its_archive_and_of_copies(ledger: Ledger) -> None:
    archive, copy = delivery("x.zip", table="files"), delivery("copy")
    members = [replace(delivery(f"x.zip!/{name}"), parent=archive.key, state="fetched") for name in ("a", "b")]
    ledger.arrivals.record([archive, copy, *members])
    ledger.deliveries.settled([archive.key], "opened")
    first, second = (member.key for member in members)
    ledger.deliveries.linked({copy.key: first})
    ledger.deliveries.loaded([Tally(second, 1, 1, 0, 0)])
    assert owed(ledger) == []
    ledger.deliveries.loaded([Tally(first, 1, 1, 0, 0)])
    assert owed(ledger) == ["copy", "x.zip"]
    tell(ledger, archive.key, first, second)
    tell(ledger, copy.key)
    assert owed(ledger) == []
    ledger.deliveries.loaded([Tally(first, 1, 0, 1, 0)])
    assert owed(ledger) == ["copy", "x.zip"]


def test_what_is_missing_is_gone_with_its_members_and_may_be_there_again(ledger: Ledger) -> None:
    archive, other, left = delivery("x.zip", table="files"), delivery("b"), delivery("c")
    member = replace(delivery("x.zip!/a"), parent=archive.key, state="fetched")
    ledger.arrivals.record([archive, other, left, member])
    ledger.retirement.mark([left.key], "left")
    (missing,) = ledger.absences.missing("s", json.dumps(["b"]), marked=False)
    assert missing.key == archive.key
    ledger.absences.gone([archive.key])
    assert [row.path for row in ledger.absences.absent()] == ["x.zip"]
    assert [row.path for row in ledger.absences.absent("t")] == ["x.zip!/a"]
    assert ledger.absences.absences("s") == 1
    assert all(row.since for row in ledger.absences.absent())
    assert ledger.absences.missing("s", json.dumps(["b"]), marked=False) == []
    assert len(ledger.absences.missing("s", json.dumps(["b"]), marked=True)) == 1
    assert ledger.arrivals.unusual(json.dumps([archive.key, other.key])) == {archive.key: "gone"}
    ledger.retractions.retract([archive.key], "gone")
    ledger.absences.there_again([archive.key])
    assert ledger.absences.absent() == []
    assert states(ledger) == {"x.zip": "listed", "x.zip!/a": "listed", "b": "listed", "c": "listed"}
