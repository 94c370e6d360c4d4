"""Many write in one PostgreSQL at once, and what happens to a delivery stays one story."""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from random import Random

from dropzone_assets.ledger import Ledger
from tests.entries import WHY, record
from tests.test_states import DONE, reached

PATHS = [f"{n}.csv" for n in range(6)]
STEPS = sorted(set(DONE) - {"adopt", "lose"})
"""What is one call; the others ask what to write before."""

WRITERS, ROUNDS = 6, 60


def test_whatever_many_do_at_once_nobody_is_stuck_and_the_journal_leads_to_every_state(ledger: Ledger) -> None:
    keys = record(ledger, *PATHS)

    def write(seed: int) -> None:
        chance = Random(seed)
        for _ in range(ROUNDS):
            mine = chance.sample(keys, chance.randint(1, len(keys)))
            DONE[chance.choice(STEPS)](ledger, mine)

    with ThreadPoolExecutor(WRITERS) as writers:
        assert list(writers.map(write, range(WRITERS))) == [None] * WRITERS
    for row in ledger.queries.everything():
        assert row.state in reached(ledger, row.key), [entry.event for entry in ledger.queries.journal(row.key)]


def test_a_batch_that_two_planners_let_go_is_let_go_once(ledger: Ledger) -> None:
    keys = record(ledger, *PATHS)
    ledger.claims.claim(keys, "batch")
    with ThreadPoolExecutor(WRITERS) as planners:
        list(planners.map(ledger.claims.release, repeat("batch", WRITERS), repeat(3), repeat(WHY)))
    for key in keys:
        assert [entry.event for entry in ledger.queries.journal(key)].count("freed") == 1
