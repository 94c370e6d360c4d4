"""A command loads what its answer needs, and nothing else: help and mistakes are told at once."""

import inspect
import subprocess
import sys
from pathlib import Path
from pkgutil import resolve_name

import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import COMMANDS, CONTRACTS, SOURCES, app

ROOT = Path(__file__).parents[1]

DATABASES = {"dropzone_assets.platform", "duckdb", "sqlalchemy", "pyarrow", "pandas", "numpy", "obstore", "boto3"}
DAGSTER = {"dagster", "dagster_aws", "alembic"}
REMOTE = {"boto3", "botocore", "httpx", "asyncssh", "ftplib", "fsspec", "pyarrow", "pandas", "numpy", "py7zr"}

CALLS = """
import contextlib, sys
from dropzone_assets.cli import main
for line in sys.argv[1:]:
    sys.argv = ["dropzone", *line.split()]
    with contextlib.suppress(SystemExit):
        main()
print("loaded", *sys.modules)
"""


def said(home: Path, *lines: str, **environment: str) -> str:
    """What a process says that is called with these lines, one after the other, and then all that it has loaded."""
    (home / "contracts").mkdir(exist_ok=True)
    settings = {"PYTHONPATH": str(ROOT), "DROPZONE_HOME": str(home), "COLUMNS": "200", **environment}
    command = [sys.executable, "-c", CALLS, *lines]
    return subprocess.run(command, env=settings, cwd=home, capture_output=True, text=True, check=True).stdout


def loaded(answer: str) -> set[str]:
    return set(answer.rpartition("loaded ")[2].split())


def test_help_and_mistakes_need_no_platform(tmp_path: Path) -> None:
    answer = said(tmp_path, "--help", "contracts --help", "statsu", "--version")
    assert loaded(answer) & (DATABASES | DAGSTER) == set()
    for purpose in ("Say where every file is, and what every table holds.", "List the tables, the files that feed"):
        assert purpose in answer


def test_completion_needs_no_platform(tmp_path: Path) -> None:
    asked = {"_DROPZONE_COMPLETE": "complete_bash", "COMP_WORDS": "dropzone s", "COMP_CWORD": "1"}
    answer = said(tmp_path, "", **asked)
    assert answer.split("loaded")[0].split() == ["status", "shell", "sources"]
    assert loaded(answer) & (DATABASES | DAGSTER) == set()


def test_answers_need_no_dagster_and_nothing_that_reaches_far(tmp_path: Path) -> None:
    said(tmp_path, "status")  # a new home gets its ledger from the migrations, which load Alembic
    lines = ("status", "status --failed", "explain x", "contracts check", "contracts list", "sources list", "verify")
    answer = said(tmp_path, *lines, "query SELECT(1)", "shell")
    assert loaded(answer) & (DAGSTER | REMOTE) == set()
    assert "sqlalchemy" in loaded(answer)


@pytest.mark.parametrize(("line", "locations"), [("", COMMANDS), ("contracts", CONTRACTS), ("sources", SOURCES)])
def test_what_a_command_is_for_is_its_docstring(line: str, locations: dict[str, str]) -> None:
    answer = CliRunner().invoke(app, [*line.split(), "--help"], env={"COLUMNS": "300"}, catch_exceptions=False)
    listed = " ".join(answer.output.split())
    for name, location in locations.items():
        purpose = (inspect.getdoc(resolve_name(location)) or "nothing").split("\n\n")[0]
        assert f"│ {name} {purpose} │" in listed
