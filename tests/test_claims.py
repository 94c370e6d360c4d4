"""Who works on a delivery is plain, what is taken back comes no more, and the journal tells all of it."""

from dataclasses import replace
from datetime import date

from dropzone_assets.ledger import Ledger, Tally, working
from dropzone_assets.ledger.claims import wait_of
from tests.entries import WHY, record, states

# -- who works on it -------------------------------------------------------------------------------------------


def test_a_claimed_delivery_is_nobody_elses(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv", "b.csv", "c.csv")
    ledger.claims.claim(keys[:2], "batch")
    assert [each.key for each in ledger.claims.unclaimed("t")] == keys[2:]
    assert {batch: [d.key for d in found] for batch, found in ledger.claims.claimed().items()} == {"batch": keys[:2]}
    assert [each.key for each in ledger.worklist.of_batch("batch")] == keys[:2]
    assert ledger.claims.claim(keys, "late") == 1
    assert [each.key for each in ledger.worklist.of_batch("batch")] == keys[:2]


def test_of_a_batch_that_dies_each_half_is_tried_apart(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv", "b.csv", "c.csv")
    for batch in ("first", "second"):
        ledger.claims.claim(keys, batch)
        ledger.claims.release(batch, 3, WHY)
    lots = {each.path: each.lot for each in ledger.claims.unclaimed("t")}
    assert lots["a.csv"] != lots["b.csv"] == lots["c.csv"]


def test_a_delivery_that_waits_for_its_source_is_tried_later_and_never_fails(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv")
    for _ in range(5):
        ledger.claims.claim(keys, "batch")
        ledger.claims.delayed({keys[0]: WHY})
        ledger.claims.release("batch", 1, WHY)
        assert ledger.claims.unclaimed("t") == []
        ledger.claims.hasten()
    assert [each.key for each in ledger.claims.unclaimed("t")] == keys
    assert [wait_of(waits).seconds for waits in (0, 1, 2, 7, 99)] == [10, 20, 40, 1280, 1280]


def test_a_released_delivery_is_free_until_it_was_tried_too_often(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv", "b.csv")
    ledger.claims.claim(keys, "first")
    ledger.deliveries.loaded([Tally(keys[1], 1, 1, 0, 0)])
    ledger.claims.release("first", 2, WHY)
    assert [each.key for each in ledger.claims.unclaimed("t")] == keys[:1]
    ledger.claims.claim(keys[:1], "second")
    ledger.claims.release("second", 2, WHY)
    assert states(ledger) == {"a.csv": "failed", "b.csv": "loaded"}
    ((reason, cure, attempts),) = [(row.reason, row.cure, row.attempts) for row in ledger.queries.failures("t")]
    assert (reason, cure, attempts) == (WHY.found, WHY.cure, 2)


def test_releasing_a_batch_nobody_has_changes_nothing(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv")
    ledger.claims.claim(keys, "batch")
    ledger.claims.release("other", 0, WHY)
    assert list(ledger.claims.claimed()) == ["batch"]


def test_a_failed_delivery_waits_for_a_person(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv", "b.csv") + record(ledger, "c.csv", table="u")
    for key in keys:
        ledger.claims.claim([key], "batch")
        ledger.deliveries.failed(key, "transform", WHY)
    assert ledger.claims.unclaimed("t") == []
    assert [row.stage for row in ledger.queries.failures()] == ["transform"] * 3
    assert ledger.replays.reopen("t") == 2
    assert ledger.replays.reopen("t") == 0
    assert [each.key for each in ledger.claims.unclaimed("t")] == keys[:2]
    assert [row.path for row in ledger.queries.failures()] == ["c.csv"]
    assert ledger.replays.reopen("") == 1


def test_what_is_loaded_may_be_loaded_again(ledger: Ledger) -> None:
    keys = record(ledger, "a.csv", "b.csv")
    ledger.claims.claim(keys, "batch")
    ledger.deliveries.loaded([Tally(keys[0], 3, 2, 1, 0)])
    assert ledger.replays.load_again() == 1
    assert [each.key for each in ledger.claims.unclaimed("t")] == keys[:1]


# -- what is taken back, and what is said of it -----------------------------------------------------------------


def test_what_is_taken_back_comes_no_more_until_it_is_let_in(ledger: Ledger) -> None:
    loaded, copy = record(ledger, "a", "b")
    ledger.deliveries.fetched([replace(d, content_hash="h") for d in ledger.claims.unclaimed("t")])
    ledger.deliveries.loaded([Tally(loaded, 1, 1, 0, 0, ((date(2024, 5, 1), 1),))])
    ledger.deliveries.linked({copy: loaded})
    ledger.retractions.retract([loaded], "a person said so")
    assert [(each.key, each.state) for each in ledger.claims.unclaimed("t")] == [(loaded, "retracting")]
    ledger.deliveries.loaded([Tally(loaded, 1, 1, 0, 0)])
    ledger.retractions.retracted([loaded])
    assert states(ledger) == {"a": "retracted", "b": "fetched"}
    assert ledger.queries.contributors("t", date(2024, 5, 1)) == []
    assert ledger.retractions.let_in([loaded]) == 1
    assert states(ledger) == {"a": "fetched", "b": "fetched"}


def test_the_journal_tells_what_happened_in_order_and_in_which_run(ledger: Ledger) -> None:
    (key,) = record(ledger, "a")
    with working("run-1"):
        ledger.deliveries.fetched([replace(d, content_hash="h") for d in ledger.claims.unclaimed("t")])
        ledger.deliveries.failed(key, "transform", WHY)
    ledger.replays.reopen("t")
    assert [(entry.event, entry.run) for entry in ledger.queries.journal(key)] == [
        ("fetched", "run-1"),
        ("failed", "run-1"),
        ("again", ""),
    ]
