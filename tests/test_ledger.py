"""The ledger: what is written stays written, who works on what is plain, and asking twice changes nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from dropzone_assets.files import Listed
from dropzone_assets.ledger import LEFT, Ledger, Tally, migrations, open_ledger
from dropzone_assets.ledger.migrations import VERSION
from dropzone_assets.ledger.schema import metadata
from tests.entries import ARRIVED, WHY, days, delivery, listed, new, record, states

# -- what is new -----------------------------------------------------------------------------------------------


def test_a_key_is_the_source_the_path_and_the_version_and_nothing_else() -> None:
    parts = [("s", "a", "1"), ("s", "a", "2"), ("s", "b", "1"), ("z", "a", "1"), ("s\0a", "", "1"), ("s", "a1", "")]
    assert len({Listed(source, path, version, 0).key for source, path, version in parts}) == len(parts)
    assert Listed("s", "a", "1", 0).key == Listed("s", "a", "1", 99, settled=False, problem="x").key


def test_what_was_recorded_is_known(ledger: Ledger) -> None:
    files = [listed(f"{n}.csv") for n in (3, 1, 2)]
    assert new(ledger, *files) == {"1.csv", "2.csv", "3.csv"}
    record(ledger, "1.csv")
    assert new(ledger, *files) == {"2.csv", "3.csv"}
    assert new(ledger, listed("1.csv", "2")) == {"1.csv"}
    assert ledger.arrivals.unusual("[]") == {}


def test_what_is_strange_is_named(ledger: Ledger) -> None:
    old, nobodys, left, loaded = record(ledger, "old", "nobodys", "left", "loaded")
    ledger.deliveries.superseded([old])
    ledger.arrivals.record([delivery("?", table="")])
    ledger.deliveries.failed(listed("?").key, "read", WHY)
    ledger.retirement.mark([left], LEFT)
    keys = [old, nobodys, left, loaded, listed("?").key, "never"]
    kinds = {old: "superseded", left: "left", listed("?").key: "nameless", "never": "new"}
    assert ledger.arrivals.unusual(json.dumps(keys)) == kinds


def test_recording_again_changes_nothing(ledger: Ledger) -> None:
    (key,) = record(ledger, "a.csv")
    ledger.deliveries.loaded([Tally(key, 3, 2, 1, 0)])
    before = ledger.queries.everything()
    ledger.arrivals.record([replace(delivery("a.csv"), size=99, arrived=ARRIVED + timedelta(days=9))])
    assert ledger.queries.everything() == before


def test_thousands_are_recorded_at_once(ledger: Ledger) -> None:
    keys = record(ledger, *(f"{n}.csv" for n in range(2_500)))
    assert new(ledger, *(listed(f"{n}.csv") for n in range(2_501))) == {"2500.csv"}
    ledger.claims.claim(keys, "b")
    ledger.deliveries.fetched([replace(d, content_hash="h") for d in ledger.worklist.of_keys(keys)])
    ledger.deliveries.superseded(keys)
    assert set(states(ledger).values()) == {"superseded"}


def test_a_delivery_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    sent = delivery("deep/er/Grüße '1'.csv", "5-17", day=3)
    ledger.arrivals.record([sent])
    assert ledger.claims.unclaimed("t") == [sent]
    assert (sent.file_date, sent.location) == (date(2024, 5, 3), ("s", "deep/er/Grüße '1'.csv", "t"))


def test_a_nameless_delivery_may_find_its_table_later(ledger: Ledger) -> None:
    (key,) = record(ledger, "a.csv", table="")
    ledger.deliveries.failed(key, "read", WHY)
    assert [each.key for each in ledger.arrivals.nameless("s")] == [key]
    assert ledger.arrivals.nameless("other") == []
    ledger.arrivals.adopt(delivery("a.csv", table="t", day=2))
    assert [each.file_date for each in ledger.claims.unclaimed("t")] == days(2)
    assert ledger.arrivals.nameless("s") == ledger.queries.failures() == []


# -- what a run works on ---------------------------------------------------------------------------------------


def test_the_oldest_file_comes_first(ledger: Ledger) -> None:
    ledger.arrivals.record([delivery("b", day=2), delivery("c", day=1), delivery("a", day=2), delivery("d", day=9)])
    assert [each.path for each in ledger.claims.unclaimed("t")] == ["c", "a", "b", "d"]
    assert [each.path for each in ledger.worklist.of_dates("t", days(9, 2))] == ["a", "b", "d"]
    assert ledger.worklist.of_dates("t", []) == ledger.worklist.of_dates("u", days(1)) == []


def test_what_was_superseded_is_no_part_of_its_date(ledger: Ledger) -> None:
    old, new = delivery("a", "1"), delivery("a", "2")
    ledger.arrivals.record([old, new])
    assert ledger.worklist.siblings([new]) == [old]
    ledger.deliveries.superseded([old.key])
    assert ledger.worklist.of_dates("t", days(1)) == [new]
    assert ledger.worklist.siblings([new]) == []


def test_the_same_bytes_have_one_holder(ledger: Ledger) -> None:
    first, second, third = record(ledger, "a", "b", "c")
    hashes = {first: "h1", second: "h1", third: "h3"}
    ledger.deliveries.fetched([replace(d, content_hash=hashes[d.key]) for d in ledger.claims.unclaimed("t")])
    assert [each.key for each in ledger.worklist.holders(["h1", "h2"])] == [first, second]
    ledger.deliveries.linked({second: first})
    assert [each.key for each in ledger.worklist.holders(["h1"])] == [first]
    assert [each.key for each in ledger.claims.unclaimed("t")] == [first, third]
    ledger.deliveries.superseded([first])
    assert [(each.key, each.state, each.same_as) for each in ledger.claims.unclaimed("t")] == [
        (second, "fetched", ""),
        (third, "fetched", ""),
    ]


def test_counts_are_kept_per_table_and_per_date(ledger: Ledger) -> None:
    ledger.arrivals.record([delivery("a"), delivery("b"), delivery("c", day=2), delivery("d", table="u")])
    keys = {each.path: each.key for each in ledger.claims.unclaimed("t")}
    ledger.deliveries.loaded(
        [Tally(keys["a"], 10, 7, 3, 1), Tally(keys["b"], 5, 5, 0, 0), Tally(keys["c"], 1, 0, 1, 0)]
    )
    per_date = [tuple(row) for row in ledger.queries.per_date(days(1))]
    assert per_date == [("t", date(2024, 5, 1), 2, 10, 15, 12, 3, 1)]
    assert [(row.path, row.rows_read) for row in ledger.queries.tallies("t", days(1, 2))] == [
        ("a", 10),
        ("b", 5),
        ("c", 1),
    ]
    per_table = {(row.table_name, row.state): (row.files, row.valid) for row in ledger.queries.per_table()}
    assert per_table == {("t", "loaded"): (3, 12), ("u", "listed"): (1, 0)}


# -- the database ----------------------------------------------------------------------------------------------


def test_many_may_write_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledgers = [open_ledger(url) for _ in range(4)]

    def write(number: int) -> None:
        for n in range(25):
            record(ledgers[number], f"{n}.csv", f"{number}/{n}.csv")

    threads = [Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(states(ledgers[0])) == 25 + 4 * 25
    for ledger in ledgers:
        ledger.engine.dispose()


def test_a_ledger_opened_again_is_the_same(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    for n in range(2):
        ledger = open_ledger(url)
        assert len(states(ledger)) == n
        record(ledger, f"{n}.csv")
        ledger.engine.dispose()


def test_a_ledger_of_an_earlier_version_grows_and_learns_the_names_of_its_files(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = open_ledger(url)
    record(ledger, "in/a.csv", "day.zip!/b.csv", "c/")
    with ledger.engine.begin() as connection:
        for statement in (
            "DROP INDEX deliveries_by_name",
            "ALTER TABLE deliveries DROP COLUMN name",
            "DROP INDEX deliveries_by_path",
            "CREATE INDEX deliveries_by_path ON deliveries (source, path)",
            f"DROP TABLE {VERSION}",
        ):
            connection.exec_driver_sql(statement)
    ledger.engine.dispose()
    for _ in range(2):
        ledger = open_ledger(url)
        assert ledger.search.locations("a.csv") == [("s", "in/a.csv")]
        assert ledger.search.locations("b.csv") == [("s", "day.zip!/b.csv")]
        held = {index["name"]: index["column_names"] for index in inspect(ledger.engine).get_indexes("deliveries")}
        assert held["deliveries_by_path"] == ["path", "source"] and "deliveries_by_name" in held
        ledger.engine.dispose()


def test_several_may_bring_an_older_ledger_up_to_date_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = open_ledger(url)
    record(ledger, "in/a.csv")
    with ledger.engine.begin() as connection:
        for statement in ("ALTER TABLE deliveries DROP COLUMN again", f"DROP TABLE {VERSION}"):
            connection.exec_driver_sql(statement)
    ledger.engine.dispose()
    _at_once([url] * 4)
    ledger = open_ledger(url)
    assert [(row.path, row.again) for row in ledger.queries.everything()] == [("in/a.csv", "")]
    ledger.engine.dispose()


def test_several_may_make_a_ledger_at_once(tmp_path: Path) -> None:
    for n in range(5):
        _at_once([f"sqlite:///{tmp_path}/{n}.sqlite"] * 4)


def _at_once(urls: list[str]) -> None:
    together = Barrier(len(urls))

    def opened(url: str) -> None:
        together.wait()
        open_ledger(url).engine.dispose()

    with ThreadPoolExecutor(len(urls)) as pool:
        list(pool.map(opened, urls))


def test_the_migrations_make_exactly_the_schema() -> None:
    ledger = open_ledger("sqlite://")
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        known = ScriptDirectory(str(Path(migrations.__file__).parent))
        assert known.get_heads() == [migrations.HEAD] == [context.get_current_revision()]
    ledger.engine.dispose()


@pytest.mark.parametrize(
    ("path", "suffix"),
    [("a.csv", ".csv"), ("A.CSV", ".csv"), ("a", ""), ("a.c-v", ""), ("a.ü", ""), ("../a.csv", ".csv"), ("a./b", "")],
)
def test_the_raw_zone_is_addressed_by_content(path: str, suffix: str) -> None:
    assert replace(delivery(path), content_hash="abcd").raw_path == f"ab/abcd{suffix}"
