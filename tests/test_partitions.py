"""The ledger's second book: which lake partitions are due, whatever the order in which things are told."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets.ledger import INGESTION, Ledger, Published, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield ledger
    ledger.engine.dispose()


def days(*numbers: int) -> list[date]:
    return [date(2024, 5, number) for number in numbers]


def test_a_partition_is_due_until_its_newest_version_is_published(ledger: Ledger) -> None:
    (day,) = days(1)
    book = ledger.partitions
    assert book.due() == {}
    book.touched("t", [(day, 5)])
    book.touched("t", [(day, 3)])
    assert (book.due(), book.known("t"), book.known("u")) == ({"t": {day: 5}}, {day: 5}, {})
    book.published("t", [Published(day, 4, 10, 9)])
    assert book.due() == {"t": {day: 5}}
    book.published("t", [Published(day, 5, 11, 9)])
    assert book.due() == {}
    book.published("t", [Published(day, 4, 1, 1)])
    assert [(row.valid, row.lake_rows) for row in book.per_date([day])] == [(11, 9)]


def test_a_partition_published_before_the_ledger_knew_it_is_known_then(ledger: Ledger) -> None:
    (day,) = days(1)
    ledger.partitions.published("t", [Published(day, 7, 1, 1)])
    assert ledger.partitions.due() == {}
    assert ledger.partitions.known("t") == {day: 7}


def test_the_ingestion_summary_is_due_like_a_table_and_no_table(ledger: Ledger) -> None:
    ledger.partitions.ingestion_changed(days(1, 1, 2))
    assert list(ledger.partitions.due()[INGESTION]) == days(1, 2)
    assert ledger.partitions.per_table() == ledger.partitions.per_date(days(1)) == []


@settings(max_examples=20, deadline=None)
@given(
    events=st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.integers(1, 6)), max_size=12),
)
def test_due_is_what_changed_after_it_was_published(
    events: list[tuple[bool, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('l')}/ledger.sqlite")
    newest: dict[int, int] = {}
    published: dict[int, int] = {}
    for publishes, number, version in events:
        (day,) = days(number)
        newest[number] = max(newest.get(number, 0), version)
        if publishes:
            ledger.partitions.published("t", [Published(day, version, 0, 0)])
            published[number] = max(published.get(number, 0), version)
        else:
            ledger.partitions.touched("t", [(day, version)])
    wanted = {days(n)[0]: version for n, version in sorted(newest.items()) if version > published.get(n, 0)}
    assert ledger.partitions.due().get("t", {}) == wanted
    ledger.engine.dispose()
