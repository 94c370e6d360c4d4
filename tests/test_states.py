"""The life of a delivery: what is written in the journal is what happened, and the table knows every step of it."""

import ast
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.ledger import Ledger, Tally, open_ledger, rows, schema
from dropzone_assets.ledger import states as table
from tests.entries import WHY, delivery, listed

ROOT = Path(table.__file__).parent
PATHS = ("a.csv", "b.csv", "c.csv", "d.zip")
DAY, LATER = date(2024, 5, 1), datetime(2024, 5, 2)
KEYS = [listed(path).key for path in PATHS]

DONE = {
    "claim": lambda ledger, keys: ledger.claims.claim(keys, "batch"),
    "fetch": lambda ledger, keys: ledger.deliveries.fetched(ledger.worklist.of_keys(keys)),
    "link": lambda ledger, keys: ledger.deliveries.linked(dict.fromkeys(keys[1:], keys[0])),
    "load": lambda ledger, keys: ledger.deliveries.loaded([Tally(key, 1, 1, 0, 0, ((DAY, 1),)) for key in keys]),
    "open": lambda ledger, keys: ledger.deliveries.settled(keys, "opened"),
    "store": lambda ledger, keys: ledger.deliveries.settled(keys, "stored"),
    "supersede": lambda ledger, keys: ledger.deliveries.superseded(keys),
    "fail": lambda ledger, keys: [ledger.deliveries.failed(key, "read", WHY) for key in keys],
    "wait": lambda ledger, keys: ledger.claims.delayed(dict.fromkeys(keys, SourceUnavailable("Silence.", ""))),
    "release": lambda ledger, keys: ledger.claims.release("batch", 3, WHY),
    "put back": lambda ledger, keys: ledger.claims.put_back("batch", "Stopped."),
    "replay": lambda ledger, keys: ledger.replays.reopen(""),
    "force": lambda ledger, keys: ledger.replays.load_again(),
    "revalidate": lambda ledger, keys: ledger.replays.revalidate(keys, "move", "lot"),
    "rebuild": lambda ledger, keys: ledger.replays.rebuild(keys),
    "lose": lambda ledger, keys: [
        ledger.raw_copies.lost(row.key, row.state, WHY) for row in ledger.queries.entries(keys)
    ],
    "shrink": lambda ledger, keys: [ledger.deliveries.shrunk(key, WHY) for key in keys],
    "find": lambda ledger, keys: ledger.raw_copies.found_again([""]),
    "retract": lambda ledger, keys: ledger.retractions.retract(keys, "why"),
    "retracted": lambda ledger, keys: ledger.retractions.retracted(keys),
    "let in": lambda ledger, keys: ledger.retractions.let_in(keys),
    "gone": lambda ledger, keys: ledger.absences.gone(keys),
    "there again": lambda ledger, keys: ledger.absences.there_again(keys),
    "restore": lambda ledger, keys: ledger.arrivals.restore(keys, LATER),
    "bring": lambda ledger, keys: ledger.arrivals.brought(keys, delivery("e.zip", table="files", day=9)),
    "adopt": lambda ledger, keys: [ledger.arrivals.adopt(each) for each in ledger.worklist.of_keys(keys)],
}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(DONE)), st.sets(st.sampled_from(KEYS), min_size=1)), max_size=25))
def test_whatever_happens_a_delivery_is_in_a_state_to_which_its_journal_leads(
    steps: list[tuple[str, set[str]]],
) -> None:
    ledger = open_ledger("sqlite://", durable=False)
    ledger.arrivals.record([delivery(path, table="files" if path.endswith(".zip") else "t") for path in PATHS])
    for name, keys in steps:
        DONE[name](ledger, sorted(keys))
    for row in ledger.queries.everything():
        assert row.state in reached(ledger, row.key), row.path
    ledger.engine.dispose()


def reached(ledger: Ledger, key: str) -> set[str]:
    """The states in which a delivery can be after what its journal says, one of the table's steps an entry."""
    found = {table.LISTED}
    for entry in ledger.queries.journal(key):
        moves = [move for move in table.MOVES.values() if move.event == entry.event]
        found = {move.after or state for move in moves for state in found if state in move.before}
    return found


def test_every_event_leads_from_known_states_to_a_known_one_and_forgets_what_a_ledger_has() -> None:
    for move in table.MOVES.values():
        assert move.before and {*move.before, move.after or table.LISTED} <= {*table.STATES}
        assert {*move.forgets} <= {*schema.deliveries.columns.keys()}


def test_nothing_but_a_move_changes_the_state_of_a_delivery() -> None:
    """An `update(...)` that names a state is in `moves` alone; new deliveries are inserted in one."""
    others = {file.name: _states_written(file) for file in ROOT.glob("*.py") if file.name != "moves.py"}
    assert {name for name, found in others.items() if found} == set()


def _states_written(file: Path) -> list[ast.Call]:
    calls: list[Any] = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    values = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "values"]
    return [call for call in values if "state" in {each.arg for each in call.keywords}]


def test_a_row_of_the_ledger_has_its_columns_in_their_order() -> None:
    pairs = {
        schema.deliveries: rows.DeliveryRow,
        schema.journal: rows.JournalRow,
        schema.contributions: rows.ContributionRow,
        schema.sightings: rows.SightingRow,
        schema.looks: rows.ListingRow,
        schema.partitions: rows.PartitionRow,
    }
    for table_, kind in pairs.items():
        names = [each.name for each in fields(kind)] if is_dataclass(kind) else [*kind._fields]  # type: ignore[attr-defined]
        assert names == [column.name for column in table_.columns]
