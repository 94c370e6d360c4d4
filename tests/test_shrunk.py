"""What gives fewer rows than before, out of the same bytes, takes no row away and is said."""

from pathlib import Path

import pytest
from sqlalchemy import update

from dropzone_assets.files import Delivery
from dropzone_assets.ledger.schema import deliveries as book
from tests.lost import ALL, home, loaded, rebuilt
from tests.pipeline import A, Pipeline, of
from tests.test_recover import failures

__all__ = ["home", "loaded"]


def of_a(pipeline: Pipeline) -> Delivery:
    (row,) = (row for row in pipeline.platform.ledger.queries.everything() if row.path == A)
    (delivery,) = pipeline.platform.ledger.worklist.of_keys([row.key])
    return delivery


def damage(pipeline: Pipeline, *, records: int) -> None:
    """A copy of the same length with fewer records, which is not seen unless all of it is read."""
    file = Path(pipeline.platform.raw.uri(of_a(pipeline).raw_path))
    content = file.read_bytes()
    kept = b"".join(content.splitlines(keepends=True)[: records + 1]) if records else b""
    file.write_bytes(kept + (b"\n" if records else b"\0") * (len(content) - len(kept)))


def backfill(pipeline: Pipeline) -> None:
    """The day of A made again from its raw copies, which are not read whole beforehand."""
    day = of_a(pipeline).file_date
    pipeline.commit(
        pipeline.validated("transactions", pipeline.platform.ledger.worklist.of_dates("transactions", [day]))
    )
    pipeline.bring_up_to_date()


@pytest.mark.parametrize("records", [1, 0])
def test_a_load_that_gives_fewer_rows_out_of_the_same_file_takes_none_away_and_is_said(
    loaded: Pipeline, records: int
) -> None:
    damage(loaded, records=records)
    backfill(loaded)
    assert loaded.held() == loaded.lake() == ALL
    said = failures(loaded)
    assert said.keys() == {A}
    assert f"{A} gave 2 rows before, and {records} now, out of the same bytes; it keeps those it has." in said[A]


def test_it_is_said_until_it_is_mended_though_the_same_bytes_come_once_more(loaded: Pipeline, home: Path) -> None:
    damage(loaded, records=1)
    backfill(loaded)
    (home / "dropzone" / "again").mkdir()
    (home / "dropzone" / "again" / A).write_text(of("a", "b"))
    loaded.all()
    assert failures(loaded).keys() == {A}
    assert [row.stage for row in loaded.platform.ledger.queries.failures()] == ["shrunk"]
    backfill(loaded)  # out of the copy that is whole since
    assert failures(loaded) == {}
    assert loaded.held() == loaded.lake() == ALL


def test_it_is_said_no_more_once_the_copy_is_whole_and_the_file_is_tried_again(loaded: Pipeline) -> None:
    damage(loaded, records=1)
    backfill(loaded)
    loaded.platform.ledger.replays.reopen("")
    loaded.all()  # which copies the file again from its source
    assert failures(loaded) == {}
    assert loaded.held() == ALL


def test_fewer_rows_count_once_a_person_has_taken_the_file_back_and_let_it_in_again(loaded: Pipeline) -> None:
    damage(loaded, records=1)
    backfill(loaded)
    ledger = loaded.platform.ledger
    ledger.retractions.retract([of_a(loaded).key], "A person took it back.")
    loaded.load()
    assert "b" not in loaded.held()
    ledger.retractions.let_in([of_a(loaded).key])
    backfill(loaded)
    assert failures(loaded) == {}
    assert loaded.held() == ["a", "c", "z"]


def test_fewer_rows_than_a_lost_warehouse_had_leave_the_lake_as_it_is_and_are_said(loaded: Pipeline) -> None:
    loaded.platform.settings.warehouse.unlink()
    with loaded.platform.ledger.engine.begin() as connection:
        connection.execute(update(book).where(book.c.path == A).values(rows_read=3))
    work = rebuilt(loaded)
    assert loaded.lake() == ALL
    (found, _), *_ = work.remaining()
    assert f"{A} gave 3 rows before, and 2 now" in found


def test_what_another_contract_reads_of_the_same_bytes_counts(loaded: Pipeline) -> None:
    damage(loaded, records=1)
    contract = loaded.platform.settings.contracts / "transactions.odcs.yaml"
    contract.write_text(contract.read_text().replace("required: true", "required: false"))
    pipeline = Pipeline(loaded.platform.settings.home)
    backfill(pipeline)
    assert failures(pipeline) == {}
    assert pipeline.held() == ["a", "c", "z"]
