"""A key that is unique in the whole table is in the lake once, whatever days it came on, in the row that wins."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dropzone_assets.cli.app import app
from dropzone_assets.engine import rows
from dropzone_assets.inspect.partition_sources import explain_partition
from dropzone_assets.inspect.query import open_query
from dropzone_assets.proof.check_results import lake_equals_warehouse, partitions_conserved
from dropzone_assets.proof.prove import prove
from dropzone_assets.upkeep.rebuild import Rebuild
from dropzone_assets.upkeep.retract import apply, retraction
from tests.pipeline import Pipeline

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: stock
version: 1.0.0
status: active
customProperties:
  - property: dropzone
    value:
      files: ["stock_%Y%m%d*.csv"]
      keep: {keep}
      {unique}
      summary: SELECT count(*) AS articles, sum(amount) AS amount FROM lake
schema:
  - name: stock
    properties:
      - {name: article, logicalType: string, primaryKey: true, required: true}
      - {name: shop, logicalType: string, primaryKey: true}
      - {name: amount, logicalType: integer, physicalType: BIGINT}
      - {name: counted, logicalType: date, partitioned: true}
"""
Ask = Callable[..., Result]

TABLE, DAY = "unique: table", "unique: day"

Row = tuple[str, str, int, int]
"""Article, shop (empty: none), amount, day of May on which it was counted."""


def contract(keep: str = "last", unique: str = TABLE) -> str:
    return CONTRACT.replace("{keep}", keep).replace("{unique}", unique)


NO_SHOP = contract().replace("name: shop, logicalType: string, primaryKey: true", "name: shop")


def made(home: Path, text: str) -> Pipeline:
    (home / "contracts").mkdir(parents=True, exist_ok=True)
    (home / "contracts" / "stock.odcs.yaml").write_text(text)
    (home / "dropzone").mkdir(exist_ok=True)
    (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n")
    return Pipeline(home)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    return lambda *words: CliRunner().invoke(app, words, env={"DROPZONE_HOME": str(tmp_path / "home")})


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    pipeline = made(tmp_path / "home", contract())
    yield pipeline
    pipeline.platform.ledger.engine.dispose()


def send(pipeline: Pipeline, day: int, *sent: Row, at: str = "") -> None:
    lines = ["article,shop,amount,counted", *(f"{a},{s},{n},2024-05-{d:02}" for a, s, n, d in sent)]
    file = pipeline.platform.settings.home / "dropzone" / f"stock_202405{day:02}{at}.csv"
    file.write_text("".join(f"{line}\n" for line in lines))


def done(pipeline: Pipeline) -> list[Row]:
    """Everything loaded and published; the lake."""
    pipeline.all()
    pipeline.bring_up_to_date()
    return lake(pipeline)


def lake(pipeline: Pipeline) -> list[Row]:
    with open_query(pipeline.platform) as connection:
        query = "SELECT article, coalesce(shop, ''), amount, day(counted) FROM lake.stock ORDER BY ALL"
        return [(str(a), str(s), int(n), int(d)) for a, s, n, d in rows(connection, query)]


def published(pipeline: Pipeline) -> dict[int, tuple[int, int, int]]:
    """Day → valid rows, rows in the lake, how often it was written."""
    book = pipeline.platform.ledger.partitions
    found = book.of_days("stock", book.days("stock"))
    return {day.day: (row.valid, row.lake_rows, row.rewrites) for day, row in found.items()}


def taken_back(pipeline: Pipeline, file: str, *, undo: bool = False) -> None:
    apply(pipeline.platform, retraction(pipeline.platform, file, undo=undo), undo=undo)


def checked(pipeline: Pipeline) -> bool:
    """Whether nothing is due, and the lake is what the warehouse makes of it."""
    platform = pipeline.platform
    stock, days = platform.contract("stock"), platform.ledger.partitions.days("stock")
    checks = (partitions_conserved(platform, stock, days), lake_equals_warehouse(platform, stock, days))
    return all(check.kept for check in checks) and platform.ledger.partitions.due() == {}


def holds(pipeline: Pipeline) -> bool:
    """Whether, besides, lake, warehouse, books and summaries are what the raw zone makes of them."""
    proofs = list(prove(pipeline.platform, deep=True, say=lambda what, count: None))
    return checked(pipeline) and [finding for proof in proofs for finding in proof.findings] == []


# -- what is promised --------------------------------------------------------------------------------------------------


def test_a_row_that_comes_again_on_another_day_is_there_once_and_the_day_it_leaves_is_made_again(
    pipeline: Pipeline,
) -> None:
    send(pipeline, 1, ("nut", "", 1, 1), ("bolt", "", 5, 1))
    assert done(pipeline) == [("bolt", "", 5, 1), ("nut", "", 1, 1)]
    send(pipeline, 2, ("nut", "", 2, 2))
    assert done(pipeline) == [("bolt", "", 5, 1), ("nut", "", 2, 2)]
    assert published(pipeline) == {1: (2, 1, 2), 2: (1, 1, 1)}
    with open_query(pipeline.platform) as connection:
        asked = rows(connection, "SELECT day(_data_date), articles, amount FROM summary.stock ORDER BY 1")
        came = rows(connection, "SELECT day(day), duplicates FROM summary.ingestion ORDER BY 1")
    assert (asked, came) == ([(1, 1, 5), (2, 1, 2)], [(1, 1), (2, 0)])
    assert holds(pipeline)


def test_a_day_whose_rows_have_all_left_has_no_object_and_is_right_so(pipeline: Pipeline) -> None:
    send(pipeline, 1, ("nut", "", 1, 1))
    done(pipeline)
    send(pipeline, 2, ("nut", "", 2, 2))
    assert done(pipeline) == [("nut", "", 2, 2)]
    assert published(pipeline)[1] == (1, 0, 2)
    assert holds(pipeline)


def test_the_first_wins_where_the_contract_keeps_the_first_also_when_it_comes_last(tmp_path: Path) -> None:
    pipeline = made(tmp_path / "home", contract("first"))
    send(pipeline, 2, ("nut", "", 2, 4))
    done(pipeline)
    send(pipeline, 3, ("nut", "", 3, 1))
    assert done(pipeline) == [("nut", "", 2, 4)]
    send(pipeline, 1, ("nut", "", 1, 5))
    assert done(pipeline) == [("nut", "", 1, 5)]
    assert checked(pipeline)


def test_the_earlier_row_is_back_on_its_day_when_the_later_one_is_taken_back(pipeline: Pipeline) -> None:
    send(pipeline, 1, ("nut", "", 1, 1))
    send(pipeline, 2, ("nut", "", 2, 2))
    assert done(pipeline) == [("nut", "", 2, 2)]
    taken_back(pipeline, "stock_20240502.csv")
    assert done(pipeline) == [("nut", "", 1, 1)]
    taken_back(pipeline, "stock_20240502.csv", undo=True)
    assert done(pipeline) == [("nut", "", 2, 2)]
    assert holds(pipeline)


def test_a_file_that_is_restated_without_a_key_lets_the_earlier_row_back(pipeline: Pipeline) -> None:
    send(pipeline, 1, ("nut", "", 1, 1))
    send(pipeline, 2, ("nut", "", 2, 2), ("bolt", "", 7, 2))
    done(pipeline)
    send(pipeline, 2, ("bolt", "", 8, 2))
    assert done(pipeline) == [("bolt", "", 8, 2), ("nut", "", 1, 1)]
    assert checked(pipeline)


def test_a_file_that_says_again_what_one_before_it_said_has_the_last_word(pipeline: Pipeline) -> None:
    for day, amount in ((1, 1), (2, 2), (3, 1)):
        send(pipeline, day, ("nut", "", amount, 1))
        done(pipeline)
    assert lake(pipeline) == [("nut", "", 1, 1)]
    assert checked(pipeline)


def test_only_days_are_made_again_whose_rows_have_changed(pipeline: Pipeline) -> None:
    for day in (1, 2, 3, 4):
        send(pipeline, day, ("nut", "", day, day), (f"only {day}", "", 0, day))
        done(pipeline)
    assert {day: writes for day, (_, _, writes) in published(pipeline).items()} == {1: 2, 2: 2, 3: 2, 4: 1}
    pipeline.platform.ledger.replays.load_again()
    done(pipeline)
    assert {day: writes for day, (_, _, writes) in published(pipeline).items()} == {1: 3, 2: 3, 3: 3, 4: 2}
    assert checked(pipeline)


def test_a_backfill_of_one_day_changes_no_row(pipeline: Pipeline) -> None:
    send(pipeline, 1, ("nut", "", 1, 1))
    send(pipeline, 2, ("nut", "", 2, 2))
    before = done(pipeline)
    day = date(2024, 5, 1)
    pipeline.commit(pipeline.validated("stock", pipeline.platform.ledger.worklist.of_dates("stock", [day])))
    assert list(pipeline.platform.ledger.partitions.due()["stock"]) == [day]
    assert done(pipeline) == before
    assert checked(pipeline)


def test_no_day_is_published_while_the_warehouse_lacks_rows_that_may_keep_others_out(pipeline: Pipeline) -> None:
    send(pipeline, 1, ("nut", "", 1, 1))
    send(pipeline, 2, ("nut", "", 2, 2))
    before = done(pipeline)
    pipeline.platform.settings.warehouse.unlink()
    Rebuild(pipeline.platform).prepare()
    first = [d for d in pipeline.platform.ledger.worklist.waiting("stock") if "0501" in d.path]
    pipeline.commit(pipeline.validated("stock", first))
    pipeline.publish(pipeline.snapshot("stock"))
    assert lake(pipeline) == before
    assert done(pipeline) == before
    assert holds(pipeline)


# -- a contract that changes its mind ----------------------------------------------------------------------------------


ONCE, TWICE, FIRST = [("nut", "a", 4, 2)], [("nut", "a", 3, 1), ("nut", "a", 4, 2)], [("nut", "a", 1, 1)]


@pytest.mark.parametrize(
    ("before", "after", "nuts"),
    [
        pytest.param(contract(unique=DAY), contract(), ONCE, id="once in all"),
        pytest.param(contract(), contract("first"), FIRST, id="the first"),
        pytest.param(contract(), contract(unique=DAY), TWICE, id="once a day", marks=pytest.mark.full),
        pytest.param(contract("first", DAY), contract("last", DAY), TWICE, id="the last", marks=pytest.mark.full),
        pytest.param(contract(), NO_SHOP, [("nut", "a", 4, 2)], id="another key", marks=pytest.mark.full),
    ],
)
def test_all_days_are_made_again_at_the_next_load_once_the_contract_leaves_out_other_rows(
    tmp_path: Path, before: str, after: str, nuts: list[Row]
) -> None:
    pipeline = made(tmp_path / "home", before)
    send(pipeline, 1, ("nut", "a", 1, 1), ("nut", "b", 2, 1), ("nut", "a", 3, 1))
    send(pipeline, 2, ("nut", "a", 4, 2))
    done(pipeline)
    pipeline.platform.ledger.engine.dispose()
    pipeline = made(tmp_path / "home", after)
    send(pipeline, 3, ("bolt", "a", 5, 3))
    wanted = [("bolt", "a", 5, 3), *nuts, *([] if after == NO_SHOP else [("nut", "b", 2, 1)])]
    assert done(pipeline) == sorted(wanted)
    pipeline.platform.ledger.engine.dispose()


def test_a_contract_that_says_nothing_new_keeps_the_fingerprint_it_had(tmp_path: Path) -> None:
    texts = {"a day": contract(unique=DAY), "unsaid": contract(unique=""), "the table": contract()}
    found = {}
    for name, text in texts.items():
        pipeline = made(tmp_path / name, text)
        found[name] = pipeline.platform.contract("stock").fingerprint
    assert found["a day"] == found["unsaid"] != found["the table"]


# -- why a row is not there --------------------------------------------------------------------------------------------


def test_a_day_says_which_file_has_the_keys_of_the_rows_that_it_lacks(pipeline: Pipeline, ask: Ask) -> None:
    send(pipeline, 1, ("nut", "", 1, 1), ("bolt", "", 1, 1), ("bolt", "", 2, 1))
    send(pipeline, 2, ("nut", "", 2, 2), ("bolt", "", 3, 1))
    done(pipeline)
    (left,) = explain_partition(pipeline.platform, "stock", date(2024, 5, 1)).elsewhere
    assert (left.path, left.rows, left.kept_path, left.kept_day.day) == (
        "stock_20240501.csv",
        1,
        "stock_20240502.csv",
        2,
    )
    said = "1 row (record 1) of stock_20240501.csv on 2024-05-01 is left out: "
    said += "stock_20240502.csv, a later file, has its key on 2024-05-02."
    assert said in ask("explain", "stock", "2024-05-01").output
    assert "left out: stock" not in ask("explain", "stock", "2024-05-02").output
    assert (
        json.loads(ask("explain", "stock", "2024-05-01", "--json").output)["elsewhere"][0]["kept_day"] == "2024-05-02"
    )


def test_a_row_that_is_not_in_the_lake_says_which_row_is_in_its_place(pipeline: Pipeline, ask: Ask) -> None:
    send(pipeline, 1, ("nut", "", 1, 1), ("nut", "", 2, 1))
    done(pipeline)
    answer = ask("trace", "stock", "--where", "amount = 1")
    said = "1 row (record 1) of stock_20240501.csv on 2024-05-01 is left out: "
    assert (answer.exit_code, f"{said}a row later in the same file has its key on 2024-05-01." in answer.output) == (
        1,
        True,
    )
    assert "left out" not in ask("trace", "stock", "--where", "amount = 9").output
