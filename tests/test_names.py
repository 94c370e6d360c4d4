"""No name of a user's column or table clashes with one of ours, anywhere in the pipeline."""

import ast
import csv
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from typer.testing import CliRunner

from dropzone_assets import engine
from dropzone_assets.cli.app import app
from dropzone_assets.engine import quote, rows
from dropzone_assets.inspect.preview import preview
from dropzone_assets.inspect.query import open_query
from dropzone_assets.inspect.trace import trace
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.pipeline.revalidate import revalidate
from dropzone_assets.pipeline.summarise import INGESTION_COLUMNS
from dropzone_assets.pipeline.tables import BOOKS, QUARANTINE
from dropzone_assets.proof import check_results
from dropzone_assets.proof.prove import prove
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.retract import apply, retraction
from tests.cases.validated import describe, write
from tests.conftest import Ingest, Query
from tests.pipeline import Pipeline

pytestmark = pytest.mark.direct

PACKAGE = Path(__file__).parents[1] / "dropzone_assets"

ROOMS = ("cli", "contracts", "engine", "formats", "inspect", "orchestration", "pipeline", "proof", "sinks", "upkeep")
"""Where SQL speaks of rows."""

DAY = date(2024, 5, 1)
FILE = "t_20240501.csv"

SPEAKS = re.compile(r"\b(SELECT|FROM|WHERE|JOIN|TABLE|VIEW|AS|GROUP|ORDER|INSERT|DELETE|UPDATE|ON|USING|CAST|NULL)\b")
"""What SQL says in capitals, and prose does not."""

ODD = (
    *('a"b', "a'b", "a b", "a.b", "a,b", "a;b", "a\\b", "a`b", "a%b", "{b}", "{text}", "{0}", "{", "$1", "?", "*"),
    *(
        "1",
        "größe",
        "名前",
        "🙂",
        "İ",
        "a/b",
        "a=b",
        "a(b)",
        "--",
        "/*",
        "[a]",
        "#",
        "@",
        "null",
        "true",
        "select",
        "order",
    ),
)
"""Names that are no identifiers."""


def own_names() -> list[str]:
    """Every small word in a piece of SQL in the package, and the columns of our books."""
    found = {*BOOKS, *QUARANTINE, *INGESTION_COLUMNS, *(name for book in BOOKS.values() for name in book)}
    for room in ROOMS:
        for file in sorted(PACKAGE.glob(f"{room}/**/*.py")) or [PACKAGE / f"{room}.py"]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and SPEAKS.search(str(node.value)) and "\n" not in str(node.value):
                    found |= {*re.findall(r"\b[a-z][a-z0-9_]*", str(node.value))}
    return sorted(name for name in found if not name.startswith("_") and name != "rowid")


def keywords() -> list[str]:
    """Every word of DuckDB's grammar."""
    with engine.connect() as connection:
        return [
            word
            for (word,) in rows(
                connection, "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
            )
        ]


BOOKED = sorted({name for book in (*BOOKS.values(), QUARANTINE, INGESTION_COLUMNS) for name in book if name[0] != "_"})
SHORT = [
    "row",
    "old",
    "winner",
    "n",
    "v",
    "f",
    "m",
    "k",
    "l",
    "j",
    "s",
    "touched",
    "kept",
    "mine",
    "going",
    "duplicates",
]
SHORT += ["lake", "day", "year", "month", "current_date", "file_index", "Count"]
USUAL = [*SHORT, "source", "path", "delivery", "file_time", "table_name", "valid", "select", 'a"b', "{b}", "größe"]
NAMES = sorted({*own_names(), *keywords(), *BOOKED, *USUAL, *ODD} - {"count"})


class Table:
    """A table `t` of text columns with these names, and one file of it after the other, along the whole pipeline."""

    def __init__(self, home: Path, names: Sequence[str], *, keyed: bool) -> None:
        (home / "dropzone").mkdir(parents=True)
        (home / "sources.yaml").write_text("sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n")
        self.home, self.names, self.keyed = home, list(names), keyed
        self.own = ", ".join(map(quote, self.names))
        self.describe()
        self.pipeline = Pipeline(home)

    def describe(self, version: str = "1.0.0", **more: Any) -> None:
        """Write the contract: each column is required, all are the key if the table is keyed, some are asked about."""
        key = {"primaryKey": True} if self.keyed else {}
        columns = [{"name": name, "required": True, **key, **more} for name in self.names]
        for number, column in enumerate(columns[:20]):
            column["quality"] = [{"metric": "nullValues", "mustBe": 0, "name": f"rule {number}"}]
        document = describe(*columns, summary=f"SELECT {self.own} FROM lake", files=["t_%Y%m%d.csv"])
        write(self.home / "contracts", document | {"version": version})

    def reopen(self) -> None:
        """Read the contract again."""
        self.pipeline.platform.ledger.engine.dispose()
        self.pipeline = Pipeline(self.home)

    def row(self, number: int) -> tuple[str, ...]:
        """A row whose every value is another; all cells of row 0 are empty."""
        return tuple(f"{number}-{n}" if number else "" for n in range(len(self.names)))

    def drop(self, *numbers: int) -> None:
        """Put a file of these rows into the dropzone."""
        with (self.home / "dropzone" / FILE).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.names, *map(self.row, numbers)])

    def go(self) -> None:
        """Load, publish, summarise."""
        self.pipeline.all()
        self.pipeline.bring_up_to_date()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask warehouse and lake."""
        with open_query(self.pipeline.platform) as connection:
            return rows(connection, sql)

    def holds(self, *numbers: int, valid: int) -> None:
        """Lake, summary, checks, trace and proof all say that these are the rows, the first of them record 1."""
        platform = self.pipeline.platform
        assert not platform.contracts.broken
        contract = platform.contract("t")
        wanted = sorted(self.row(n) for n in numbers)
        assert sorted(self.ask(f"SELECT {self.own} FROM lake.t")) == wanted
        assert sorted(self.ask(f"SELECT {self.own} FROM summary.t")) == wanted
        assert len(self.ask("FROM validated.t")) == valid
        answers = (
            check_results.files_conserved(platform, contract, [DAY]),
            check_results.partitions_conserved(platform, contract, [DAY]),
            check_results.lake_equals_warehouse(platform, contract, [DAY]),
            *check_results.quality(platform, contract, [DAY]).values(),
        )
        assert [answer for answer in answers if not answer.kept] == []
        (traced,) = trace(platform, contract, f"{quote(self.names[0])} = '{numbers[0]}-0'", 10)
        assert (list(traced.row.values()), traced.record) == ([*self.row(numbers[0]), None], 1)
        proofs = list(prove(platform, deep=True, say=lambda _text, _size: None))
        assert [proof.findings for proof in proofs if not proof.holds] == []


def along_the_road(home: Path, names: Sequence[str], *, keyed: bool) -> None:
    """A file with a row twice and a refused one; seen before, restated, validated by another contract, taken back."""
    table = Table(home, names, keyed=keyed)
    table.drop(1, 2, 2, 0)
    (seen,) = preview(table.pipeline.platform, home / "dropzone" / FILE, "", 9)
    assert (seen.rows, seen.valid, seen.quarantined) == ([(*table.row(n), None) for n in (1, 2, 2)], 3, 1)
    table.go()
    table.holds(1, 2, *(() if keyed else (2,)), valid=3)
    assert table.ask("SELECT reasons FROM quarantine.t") == [([f"{name}:required" for name in names],)]
    table.drop(1, 2, 3, 4, 0)
    table.go()
    table.holds(1, 2, 3, 4, valid=4)
    assert table.ask("SELECT rows_added, rows_removed, rows_changed FROM warehouse.dropzone.loads") == [(2, 1, 0)]
    table.describe("2.0.0", required=False)
    table.reopen()
    assert len(revalidate(table.pipeline.platform, table.pipeline.platform.contract("t"), move=False)) == 1
    table.go()
    assert len(table.ask("FROM lake.t")) == 5
    apply(table.pipeline.platform, retraction(table.pipeline.platform, FILE))
    table.go()
    assert table.ask("FROM lake.t") == table.ask("FROM quarantine.t") == []
    table.pipeline.platform.ledger.engine.dispose()


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "keyless"])
def test_a_column_may_have_the_name_of_one_of_ours(tmp_path: Path, *, keyed: bool) -> None:
    along_the_road(tmp_path / "home", USUAL, keyed=keyed)


@pytest.mark.long
@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "keyless"])
@pytest.mark.parametrize("first", range(0, len(NAMES), 100))
def test_a_column_may_have_any_name_that_our_own_sql_speaks_of(tmp_path: Path, first: int, *, keyed: bool) -> None:
    along_the_road(tmp_path / "home", NAMES[first : first + 100], keyed=keyed)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).map(str.strip)


@pytest.mark.long
@tried(max_examples=10, deadline=None)
@given(names=st.lists(WORDS | st.sampled_from(NAMES), min_size=2, max_size=8), keyed=st.booleans())
def test_a_column_may_have_any_name(tmp_path_factory: pytest.TempPathFactory, names: list[str], *, keyed: bool) -> None:
    apart = {" ".join(name.casefold().replace("-", "_").replace("_", " ").split()): name for name in names}
    kept = [name for name in apart.values() if name and not name.startswith("_") and name.casefold() != "rowid"]
    if len(kept) > 1:
        along_the_road(tmp_path_factory.mktemp("any") / "home", kept, keyed=keyed)


def test_a_column_keeps_its_values_when_the_contract_writes_it_in_capitals(tmp_path: Path) -> None:
    table = Table(tmp_path / "home", ["source", "path"], keyed=True)
    table.drop(1, 2)
    table.go()
    table.names, table.own = ["SOURCE", "Path"], '"SOURCE", "Path"'
    table.describe()
    table.reopen()
    table.pipeline.platform.ledger.partitions.touched("t", [(DAY, 1 << 60)])
    table.pipeline.bring_up_to_date()
    assert sorted(table.ask("SELECT source, path FROM lake.t")) == [("1-0", "1-1"), ("2-0", "2-1")]
    table.drop(1, 2, 3)
    table.go()
    table.holds(1, 2, 3, valid=3)


TABLES = ["loads", "partitions", "warehouse", "validated", "quarantine", "dropzone", "main", "memory", "temp", "system"]
TABLES += [
    "select",
    "order",
    "group",
    "table",
    "class",
    "lambda",
    "type",
    "config",
    "input",
    "answers",
    "day",
    "default",
]


@pytest.mark.long
def test_a_table_may_have_any_name(tmp_path: Path) -> None:
    home = Table(tmp_path / "home", ["source"], keyed=False).home
    for name in TABLES:
        document = describe({"name": "source", "required": True}, table=name, files=[f"{name}_%Y%m%d.csv"])
        write(home / "contracts", document, name)
        (home / "dropzone" / f"{name}_20240501.csv").write_text(f"source,b\n{name},1\n,2\n")
    dg.Definitions.validate_loadable(build(Settings(home=home)))
    pipeline = Pipeline(home)
    pipeline.all()
    pipeline.bring_up_to_date()
    with open_query(pipeline.platform) as connection:
        for name in TABLES:
            assert rows(connection, f'SELECT source FROM lake."{name}"') == [(name,)]
            assert rows(connection, f'SELECT rows FROM summary."{name}"') == [(1,)]
            assert rows(connection, f'SELECT count(*) FROM quarantine."{name}"') == [(1,)]
    shown = CliRunner().invoke(app, ["quarantine", "order"], env={"DROPZONE_HOME": str(home)})
    assert shown.exit_code == 0 and "source:required" in shown.output
    pipeline.platform.ledger.engine.dispose()


@pytest.mark.full
def test_assets_and_checks_show_columns_of_any_name(home: Path, ingest: Ingest, query: Query) -> None:
    for contract in (home / "contracts").iterdir():
        contract.unlink()
    table = Table(home / "other", USUAL, keyed=False)
    (home / "contracts" / "t.odcs.yaml").write_bytes((table.home / "contracts" / "t.odcs.yaml").read_bytes())
    table.drop(1, 2, 0)
    (table.home / "dropzone" / FILE).rename(home / "dropzone" / FILE)
    ingest()
    assert sorted(query(f"SELECT {table.own} FROM lake.t")) == [table.row(1), table.row(2)]
