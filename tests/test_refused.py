"""Files and rows that are refused: each with its reason and its cure, and no neighbour waits for them."""

import pytest

from dropzone_assets.platform import Platform
from tests.conftest import Drop, Ingest, Query
from tests.samples import event, events, payment, payments

pytestmark = pytest.mark.direct

A, B = "payments_20240501_100000.csv", "payments_20240501_120000.csv"

UNREADABLE = {
    "empty": "",
    "lacks a column": "transaction_id,amount\na,5\n",
    "ambiguous": "transaction_id,tranc_id,transaction_ts,user_id,amount\na,b,2024-05-01,u,5\n",
}


@pytest.mark.parametrize("why", UNREADABLE)
def test_a_file_that_cannot_be_read_has_a_stage_a_reason_and_a_cure_and_delays_no_neighbour(
    drop: Drop, ingest: Ingest, query: Query, platform: Platform, why: str
) -> None:
    drop(A, UNREADABLE[why])
    drop(B, payments(payment("b")))
    drop("vehicles_events_20240501100000.json", events(event("V1")))
    drop("vehicles_events_20240501110000.json", '{"vehicles_events": [{"vehicle_id": ')
    ingest()
    failures = platform.ledger.queries.failures()
    assert {row.path for row in failures} == {A, "vehicles_events_20240501110000.json"}
    for row in failures:
        assert row.stage == "transform" and row.path in row.reason and row.cure
    assert query("SELECT transaction_id FROM lake.transactions") == [("b",)]
    assert query("SELECT vehicle_id FROM lake.vehicle_events") == [("V1",)]
    assert ingest().runs == []


def test_a_file_of_which_every_row_is_refused_is_seen_in_what_came_in(drop: Drop, ingest: Ingest, query: Query) -> None:
    drop(A, payments(payment("a", "?"), payment("b", amount=-1)))
    ingest()
    asked = 'SELECT "table", day::VARCHAR, files, rows_read, valid, quarantined FROM summary.ingestion'
    assert query(asked) == [("transactions", "2024-05-01", 1, 2, 0, 2)]
