"""Files go from their source once they are safe, and not a moment before."""

import os
from datetime import date
from pathlib import Path

import pytest

from dropzone_assets.errors import Permanent
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.publish import snapshot
from dropzone_assets.upkeep.retire import retire
from tests.pipeline import BAD, A, B, Pipeline, of
from tests.samples import payment, payments
from tests.test_arrivals import Configure, configure, packed, put, there

__all__ = ["configure"]


@pytest.fixture
def pipeline(home: Path) -> Pipeline:
    return Pipeline(home)


def test_an_archive_in_an_archive_keeps_both_until_its_members_are_loaded(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete", leave="loaded")
    put(home, "outer.zip", packed({"inner.zip": packed({A: BAD})}))
    pipeline.open()
    assert retire(pipeline.platform, "dropzone") == 0
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 0
    assert there(home) == ["outer.zip"]


def test_a_touched_archive_stays_until_its_members_are_loaded(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete", leave="loaded")
    file = put(home, "day.zip", packed({A: BAD}))
    pipeline.all()
    os.utime(file, ns=(1, 1))
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 0
    assert there(home) == ["day.zip"]


def test_an_older_version_that_is_back_and_not_settled_does_not_leave(home: Path, configure: Configure) -> None:
    configure(after="delete", leave="loaded")
    for moment, name in enumerate(("first", "second")):
        os.utime(put(home, A, of(name).encode()), ns=(moment, moment))
        pipeline = Pipeline(home)
        pipeline.all()
        assert retire(pipeline.platform, "dropzone") == 1
    configure(after="delete", leave="loaded", settle_seconds=60)
    os.utime(put(home, A, of("first").encode()), ns=(0, 0))
    pipeline = Pipeline(home)
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 0
    assert there(home) == [A]


def test_an_older_version_that_is_back_does_not_leave_while_a_newer_one_is_pending(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete", leave="loaded")
    os.utime(put(home, A, of("first").encode()), ns=(1, 1))
    pipeline.all()
    os.utime(put(home, A, of("second").encode()), ns=(2, 2))
    discover(pipeline.platform, "dropzone")
    fetch(pipeline.platform, pipeline.platform.ledger.claims.unclaimed("transactions"))
    os.utime(put(home, A, of("first").encode()), ns=(1, 1))
    assert retire(pipeline.platform, "dropzone") == 0
    pipeline.all()
    pipeline.all()
    assert pipeline.held() == ["first"]


def test_a_version_that_failed_is_not_loaded_over_the_one_that_its_sender_put_back(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete", leave="loaded")
    for moment, name in ((1, "first"), (2, "second"), (1, "first")):
        os.utime(put(home, A, of(name).encode()), ns=(moment, moment))
        discover(pipeline.platform, "dropzone")
        if name == "second":
            fetch(pipeline.platform, pipeline.platform.ledger.claims.unclaimed("transactions"))
            refuse(pipeline, "2")
        pipeline.all()
        retire(pipeline.platform, "dropzone")
    pipeline.platform.ledger.replays.reopen("")
    pipeline.all()
    assert pipeline.held() == ["first"]


@pytest.mark.parametrize(("refused", "held"), [(True, ["first"]), (False, ["first", "second"])])
def test_a_copy_that_comes_before_a_newer_version_is_decided_has_its_rows_once(
    home: Path, pipeline: Pipeline, refused: bool, held: list[str]
) -> None:
    os.utime(put(home, A, of("first").encode()), ns=(1, 1))
    pipeline.all()
    os.utime(put(home, A, of("second").encode()), ns=(2, 2))
    discover(pipeline.platform, "dropzone")
    fetch(pipeline.platform, pipeline.platform.ledger.claims.unclaimed("transactions"))
    put(home, B, of("first").encode())
    discover(pipeline.platform, "dropzone")
    ledger = pipeline.platform.ledger
    fetch(pipeline.platform, [delivery for delivery in ledger.claims.unclaimed("transactions") if delivery.path == B])
    pending = [delivery for delivery in ledger.claims.unclaimed("transactions") if delivery.path == B]
    pipeline.commit(pipeline.validated("transactions", pending))
    if refused:
        refuse(pipeline, "2")
    pipeline.all()
    assert pipeline.held() == held


def refuse(pipeline: Pipeline, version: str) -> None:
    """The version of A with this time fails."""
    ledger = pipeline.platform.ledger
    found = [row.key for row in ledger.queries.everything() if row.path == A and f"-{version}+" in row.version]
    ledger.deliveries.failed(found[0], "transform", Permanent("It killed its runs.", "Send another."))


def test_a_copy_of_a_file_that_failed_fails_or_loads_on_its_own(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete", leave="loaded")
    put(home, f"{A}.manifest.json", b'{"rows": 3}')
    put(home, A, of("a", "b").encode())
    put(home, B, of("a", "b").encode())
    pipeline.all()
    assert pipeline.states()[A] == ["failed"] and pipeline.states()[B] == ["loaded"]
    assert pipeline.held() == ["a", "b"]
    retire(pipeline.platform, "dropzone")
    assert there(home) == [A, f"{A}.manifest.json"]


# -- not before its rows are in the lake -------------------------------------------------------------------------------


def test_a_file_leaves_once_its_rows_are_in_the_lake_unless_the_source_says_loaded(
    home: Path, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, of("a").encode())
    pipeline = Pipeline(home)
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 0 and there(home) == [A]
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 1 and there(home) == []
    configure(after="delete", leave="loaded")
    put(home, B, of("b").encode())
    pipeline = Pipeline(home)
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 1 and there(home) == []


def test_all_days_of_a_file_are_waited_for(home: Path, pipeline: Pipeline, configure: Configure) -> None:
    configure(after="delete")
    put(home, A, payments(payment("a"), payment("b", "2024-05-02")).encode())
    pipeline.all()
    first = snapshot(pipeline.platform, pipeline.platform.contract("transactions"), [date(2024, 5, 1)])
    pipeline.publish(first)
    assert retire(pipeline.platform, "dropzone") == 0
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 1


def test_a_day_to_which_files_come_all_the_time_keeps_none_that_is_published(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, of("a").encode())
    pipeline.all()
    pipeline.bring_up_to_date()
    put(home, "payments_20240501_110000.csv", of("b").encode())
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 1
    assert there(home) == ["payments_20240501_110000.csv"]


def test_a_file_without_a_row_for_the_lake_leaves_once_it_is_loaded(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, payments(payment("a", "no date")).encode())
    pipeline.all()
    assert pipeline.states() == {A: ["loaded"]} and pipeline.held() == []
    assert retire(pipeline.platform, "dropzone") == 1


def test_a_copy_waits_for_the_rows_of_what_it_is_a_copy_of(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, of("a").encode())
    put(home, B, of("a").encode())
    pipeline.all()
    assert sorted(state for states in pipeline.states().values() for state in states) == ["linked", "loaded"]
    assert retire(pipeline.platform, "dropzone") == 0
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 2


@pytest.mark.parametrize("linked", [False, True])
def test_an_archive_waits_for_the_rows_of_all_that_came_in_it(
    home: Path, pipeline: Pipeline, configure: Configure, linked: bool
) -> None:
    configure(after="delete")
    if linked:
        put(home, A, of("a").encode())
        pipeline.all()
    put(home, "outer.zip", packed({"inner.zip": packed({A: of("a")})}))
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 0
    assert "outer.zip" in there(home)
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 1 + linked
    assert there(home) == []


def test_what_is_only_passed_on_leaves_once_it_is_in_the_raw_zone(home: Path, configure: Configure) -> None:
    configure(after="delete", deliver="raw")
    put(home, "letter.pdf", b"Dear")
    pipeline = Pipeline(home)
    pipeline.all()
    assert retire(pipeline.platform, "dropzone") == 1


def test_a_file_whose_table_is_nobodys_any_more_stays_until_it_is_published(home: Path, configure: Configure) -> None:
    configure(after="delete")
    put(home, A, of("a").encode())
    Pipeline(home).all()
    contract = home / "contracts" / "transactions.odcs.yaml"
    text = contract.read_text()
    contract.unlink()
    pipeline = Pipeline(home)
    assert retire(pipeline.platform, "dropzone") == 0
    contract.write_text(text)
    pipeline = Pipeline(home)
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 1


def test_rows_of_a_ledger_of_an_earlier_release_wait_for_all_of_their_day(
    home: Path, pipeline: Pipeline, configure: Configure
) -> None:
    configure(after="delete")
    put(home, A, of("a").encode())
    pipeline.all()
    with pipeline.platform.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE contributions SET version = 0")
    assert retire(pipeline.platform, "dropzone") == 0
    pipeline.bring_up_to_date()
    assert retire(pipeline.platform, "dropzone") == 1
