"""The engine: names and values cannot break out of their quotes, the warehouse is lent for a moment, tables conform."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropzone_assets import engine
from dropzone_assets.errors import Permanent, WarehouseBusy

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)
VALUES = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
)


@pytest.fixture(scope="module")
def connection() -> Iterator[engine.Connection]:
    with engine.connect() as connection:
        yield connection


@given(value=VALUES | st.dates())
def test_a_literal_is_its_value(connection: engine.Connection, value: str | int | bool | date | None) -> None:
    ((found,),) = engine.rows(connection, f"SELECT {engine.literal(value)}")
    assert found == (value.isoformat() if isinstance(value, date) else value)


@given(values=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_literals_are_their_values(connection: engine.Connection, values: list[str]) -> None:
    ((found,),) = engine.rows(connection, f"SELECT {engine.literals(values)}::VARCHAR[]")
    assert found == values


@given(name=NAMES)
def test_a_quoted_name_is_one_name(connection: engine.Connection, name: str) -> None:
    found = connection.execute(f"SELECT 1 AS {engine.quote(name)}")
    assert [each[0] for each in found.description or ()] == [name]
    found.fetchall()


@pytest.mark.parametrize("text", ["'; DROP TABLE t; --", "''", "\\'; --", "$1", "{x}", "?", "\n", "🚀", "a\x00b"])
def test_hostile_text_is_only_text(connection: engine.Connection, text: str) -> None:
    assert engine.rows(connection, f"SELECT {engine.literal(text)}") == [(text,)]


def test_the_clock_is_utc_and_nothing_is_downloaded(connection: engine.Connection) -> None:
    settings = "current_setting('TimeZone'), current_setting('autoinstall_known_extensions')"
    assert engine.rows(connection, f"SELECT {settings}") == [("UTC", False)]


def test_limits_are_kept(tmp_path: Path) -> None:
    with engine.connect(engine.Limits(tmp_path / "spill", threads=1, memory="100MB")) as connection:
        asked = "current_setting('threads'), current_setting('temp_directory'), current_setting('memory_limit')"
        assert engine.rows(connection, f"SELECT {asked}") == [(1, str(tmp_path / "spill"), "95.3 MiB")]


def test_a_transaction_is_all_or_nothing(connection: engine.Connection) -> None:
    connection.execute("CREATE OR REPLACE TABLE t (a INTEGER)")
    with pytest.raises(KeyboardInterrupt), engine.transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
        raise KeyboardInterrupt
    assert engine.rows(connection, "FROM t") == []
    with engine.transaction(connection):
        connection.execute("INSERT INTO t VALUES (2)")
    assert engine.rows(connection, "FROM t") == [(2,)]


def test_an_attached_warehouse_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "it's a warehouse.duckdb"
    for value in (1, 2):
        with engine.connect() as connection, engine.attached(connection, path, read_only=False):
            connection.execute("CREATE TABLE IF NOT EXISTS warehouse.t (a INTEGER)")
            connection.execute(f"INSERT INTO warehouse.t VALUES ({value})")
    with engine.connect() as connection, engine.attached(connection, path, read_only=True):
        assert engine.rows(connection, "FROM warehouse.t") == [(1,), (2,)]
        with pytest.raises(engine.Error, match="read-only"):
            connection.execute("DELETE FROM warehouse.t")


def test_the_warehouse_is_let_go_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    with engine.connect() as connection:
        with pytest.raises(ZeroDivisionError), engine.attached(connection, path, read_only=False):
            raise ZeroDivisionError
        with engine.attached(connection, path, read_only=False):
            pass
        assert engine.rows(connection, "SELECT count(*) FROM duckdb_databases() WHERE database_name = 'warehouse'") == [
            (0,)
        ]


HOLD = """
import sys
from pathlib import Path
from dropzone_assets import engine
with engine.connect() as c, engine.attached(c, Path(sys.argv[1]), read_only=sys.argv[2] == "r"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize(
    ("held", "asked", "free"), [("w", "w", False), ("w", "r", False), ("r", "w", False), ("r", "r", True)]
)
def test_a_held_warehouse_is_busy_and_then_free(tmp_path: Path, held: str, asked: str, free: bool) -> None:
    path = tmp_path / "w.duckdb"
    with engine.connect() as connection:
        with engine.attached(connection, path, read_only=False):
            pass
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout and holder.stdout.readline() == "held\n"
        started = monotonic()
        try:
            with engine.attached(connection, path, read_only=asked == "r", patience=0.3):
                assert free
        except WarehouseBusy as busy:
            assert not free
            assert 0.3 <= monotonic() - started < 3
            assert str(path) in busy.found and busy.cure
        holder.communicate("\n", timeout=20)
        with engine.attached(connection, path, read_only=asked == "r", patience=5):
            pass


def test_conform_makes_a_table_and_leaves_it_when_it_is_right(connection: engine.Connection) -> None:
    columns = {"a b": "INTEGER", "SELECT": "VARCHAR", 'q"q': "DECIMAL(18,2)"}
    for _ in range(2):
        engine.conform(connection, "made", columns)
    assert engine.columns_of(connection, "made") == columns


def test_conform_adds_and_retypes_and_forgets_nothing(connection: engine.Connection) -> None:
    connection.execute("CREATE OR REPLACE TABLE old AS SELECT 7 AS a, '8' AS b, DATE '2024-01-01' AS c")
    engine.conform(connection, "old", {"b": "BIGINT", "d": "DOUBLE", "a": "BIGINT"})
    assert engine.columns_of(connection, "old") == {"a": "BIGINT", "b": "BIGINT", "c": "DATE", "d": "DOUBLE"}
    assert engine.rows(connection, "FROM old") == [(7, 8, date(2024, 1, 1), None)]


def test_conform_refuses_a_type_the_rows_do_not_have(connection: engine.Connection) -> None:
    connection.execute("CREATE OR REPLACE TABLE stuck AS SELECT 'x' AS a")
    with pytest.raises(Permanent, match="stuck: the column a holds x, a VARCHAR that is no BIGINT") as refusal:
        engine.conform(connection, "stuck", {"a": "BIGINT"})
    assert refusal.value.cure
    assert engine.rows(connection, "FROM stuck") == [("x",)]


def test_columns_are_those_of_the_table_that_was_meant(connection: engine.Connection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS s1; CREATE SCHEMA IF NOT EXISTS s2")
    connection.execute("CREATE OR REPLACE TABLE s1.t1 (a INTEGER); CREATE OR REPLACE TABLE s2.t1 (b INTEGER)")
    assert engine.columns_of(connection, 's2."t1"') == {"b": "INTEGER"}
    assert engine.columns_of(connection, "memory.s1.t1") == {"a": "INTEGER"}
    assert engine.columns_of(connection, "s3.t1") == {}


def test_previews_are_the_first_rows_of_each_group(connection: engine.Connection) -> None:
    query = "SELECT i % 2 AS g, i AS o, 'v' || i AS v, NULL AS n FROM range(20, 0, -1) r(i)"
    names, found = engine.previews(connection, query, "g", "o", limit=2)
    assert names == ["v", "n"]
    assert found == {"0": [["v2", ""], ["v4", ""]], "1": [["v1", ""], ["v3", ""]]}
