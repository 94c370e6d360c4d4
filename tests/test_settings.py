"""Every setting is checked before anything starts, and a home is found, named, or asked for; never made by accident."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from dropzone_assets.allowed import STORES
from dropzone_assets.cli.app import COMMANDS, main
from dropzone_assets.errors import BadSettings
from dropzone_assets.orchestration.definitions import defs
from dropzone_assets.settings import PREFIX, Settings, masked
from dropzone_assets.store.clients import SCHEMES
from tests.conftest import make_home

DROPZONE = (sys.executable, "-c", "from dropzone_assets.cli import main; main()")


def run(*words: str, at: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, called in a folder with nothing set but this."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DROPZONE_", "DAGSTER_"))}
    clean |= {"COLUMNS": "1000", "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [*DROPZONE, *words]
    return subprocess.run(command, cwd=at, env={**clean, **environment}, capture_output=True, text=True, check=False)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It could not start, and says why in sentences."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


WRONG = [
    ("DROPZONE_THREADS", "abc", "1 to 1024"),
    ("DROPZONE_THREADS", "0", "1 to 1024"),
    ("DROPZONE_THREADS", "-1", "1 to 1024"),
    ("DROPZONE_THREADS", "1000000", "1 to 1024"),
    ("DROPZONE_PORT", "abc", "1 to 65535"),
    ("DROPZONE_PORT", "70000", "1 to 65535"),
    ("DROPZONE_PATIENCE", "0", "seconds"),
    ("DROPZONE_SYNC", "never", "on or off"),
    ("DROPZONE_LAKE_URL", "ftp://x", "s3://BUCKET"),
    ("DROPZONE_RAW_URL", "s3://", "s3://BUCKET"),
    ("DROPZONE_LEDGER_URL", "ledger", "sqlite:///FILE"),
    ("DROPZONE_LEDGER_URL", "sqlite://", "sqlite:///FILE"),
    ("DROPZONE_LEDGER_URL", "oracle://x/y", "sqlite:///FILE"),
    ("DROPZONE_LEDGER_URL", "postgresql+nodriver://x/y", "pip install"),
    ("DROPZONE_LEDGER_URL", "postgresql://x:port/y", "postgresql://USER"),
    ("DROPZONE_WAREHOUSE_PATH", "s3://x/y", "this machine"),
    ("DROPZONE_MEMORY_LIMIT", "lots", "4GB"),
    ("DROPZONE_MEMORY_LIMIT", "4", "4GB"),
    ("DROPZONE_MEMORY_LIMIT", "-4GB", "4GB"),
    ("DROPZONE_MEMORY_LIMIT", "0GB", "4GB"),
    ("DROPZONE_START_DATE", "yesterday", "2013-01-01"),
    ("DROPZONE_START_DATE", "2013", "2013-01-01"),
    ("DROPZONE_START_DATE", "0001-01-01", "1900"),
    ("DROPZONE_START_DATE", "9999-12-31", "future"),
    ("DROPZONE_AZURE_ENDPOINT", "localhost", "https://"),
    ("AWS_ENDPOINT_URL", "localhost:9000", "https://"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG)
def test_a_variable_that_cannot_be_is_named_with_what_it_says_and_what_is_allowed(
    name: str, value: str, allowed: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as error:
        Settings.from_env()
    assert f"{name} is {value!r}" in error.value.found
    assert allowed in error.value.found
    assert error.value.cure.endswith(f"unset {name}")


RIGHT = [
    ("DROPZONE_THREADS", "1"),
    ("DROPZONE_MEMORY_LIMIT", "4GB"),
    ("DROPZONE_MEMORY_LIMIT", "1.5 GiB"),
    ("DROPZONE_MEMORY_LIMIT", "50%"),
    ("DROPZONE_LAKE_URL", "az://container/lake"),
    ("DROPZONE_LAKE_URL", "file:///tmp/lake"),
    ("DROPZONE_LEDGER_URL", "postgresql+psycopg2://user:pass/word:%40@[::1]:5432/name?sslmode=require"),
    ("DROPZONE_LEDGER_URL", "postgresql://host/name"),
    ("DROPZONE_LEDGER_URL", "sqlite:////srv/ledger.sqlite"),
    ("DROPZONE_START_DATE", "1999-12-31"),
    ("DROPZONE_S3_ENDPOINT", "http://127.0.0.1:8333"),
    ("DROPZONE_AZURE_ENDPOINT", "http://127.0.0.1:10000/devstoreaccount1"),
    ("DROPZONE_THREADS", ""),
    ("DROPZONE_HOME", ""),
]


@pytest.mark.parametrize(("name", "value"), RIGHT)
def test_what_is_allowed_is_taken_and_empty_is_not_set(
    name: str, value: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv(name, value)
    monkeypatch.setattr("dropzone_assets.allowed.find_spec", bool)  # a driver of PostgreSQL is an extra
    assert Settings.from_env().home == home.resolve()


def test_all_wrong_variables_are_told_at_once_and_no_secret_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    monkeypatch.setenv("DROPZONE_THREADS", "many")
    monkeypatch.setenv("DROPZONE_LEDGER_URL", "postgres://me:se:cr/et@host/name")
    with pytest.raises(
        BadSettings, match=r"THREADS is 'many'.*|LEDGER_URL is 'postgres://me:\*\*\*@host/name'"
    ) as error:
        Settings.from_env()
    assert "cr/et" not in f"{error.value!r}{error.value.__cause__!r}"
    assert error.value.__suppress_context__


@pytest.mark.parametrize(
    "url", ["a://me:secret@host", "me:secret@host", "a://host/x?sig=secret", "a//me:secret@host/x"]
)
def test_no_secret_of_a_url_is_shown(url: str) -> None:
    assert "secret" not in masked(url)
    assert "host" in masked(url)


def test_stores_are_known_by_the_schemes_that_can_be_opened() -> None:
    assert set(STORES) == {*SCHEMES, "file"}


def test_a_tilde_is_the_folder_of_the_user_and_a_relative_place_is_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path / "of user" / "home")
    monkeypatch.setenv("HOME", str(home.parent))
    for name in ("HOME", "RAW_URL", "WAREHOUSE_PATH"):
        monkeypatch.setenv(f"DROPZONE_{name}", "~/home")
    monkeypatch.setenv("DAGSTER_HOME", "~/home")
    monkeypatch.setenv("DROPZONE_LEDGER_URL", "sqlite:///~/ledger")
    monkeypatch.setenv("DROPZONE_LAKE_URL", "lake of ours")
    found = Settings.from_env()
    assert {found.home, Path(found.raw), found.warehouse, found.instance} == {home.resolve()}
    assert found.ledger == f"sqlite:///{home.parent}/ledger"
    assert found.lake == str(home.resolve() / "lake of ours")


def test_the_nearest_home_is_found_from_inside_it_and_from_the_folder_above_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, inner = make_home(tmp_path / "data"), make_home(tmp_path / "projects" / "ours")
    deep = inner / "contracts" / "deep"
    deep.mkdir()
    (tmp_path / "projects" / "contracts").mkdir()
    for location, home in ((tmp_path, outer), (outer / "dropzone", outer), (deep, inner), (inner.parent, outer)):
        monkeypatch.chdir(location)
        assert Settings.from_env().home == home.resolve()


NEED_NOTHING = {"init", "generate"}
"""Commands that make a home, or may be told another folder."""


def test_without_a_home_every_command_names_init_and_creates_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = {"query": ("SELECT 1",), "explain": ("x",), "trace": ("x",), "retract": ("x",), "quarantine": ("x",)}
    said |= {"preview": (__file__,), "backup": ("kept",), "restore": ("kept",)}
    lines = [(name, *said.get(name, ())) for name in COMMANDS.keys() - NEED_NOTHING]
    lines += [("contracts", "check"), ("contracts", "list"), ("sources", "list"), ("generate",)]
    (tmp_path / "contracts").mkdir()
    for words in lines:
        monkeypatch.setattr(sys, "argv", ["dropzone", *words])
        with pytest.raises(SystemExit) as end:
            main()
        told = capfd.readouterr().err
        assert (end.value.code, words) == (2, words)
        assert "There is no home" in told and "dropzone init" in told
    assert list(tmp_path.rglob("*")) == [tmp_path / "contracts"]


def test_a_home_that_is_named_and_is_none_is_refused_and_not_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for name, why in (("nowhere", "does not exist"), ("file", "is no folder"), ("folder", "neither sources.yaml")):
        refused(run("status", at=tmp_path, DROPZONE_HOME=name), f"DROPZONE_HOME is {name}", why, "dropzone init")
    assert {each.name for each in tmp_path.rglob("*")} == {"file", "folder"}


def test_a_home_that_may_not_be_written_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    monkeypatch.setattr(os, "access", lambda *_: False)  # who runs the tests may be allowed everything
    with pytest.raises(BadSettings, match="may not be written"):
        Settings.from_env()


def test_a_file_env_in_the_home_sets_what_the_shell_does_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SFTP_SECRET", "DROPZONE_THREADS", "DROPZONE_START_DATE"):  # what is set now is unset afterwards
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DROPZONE_MEMORY_LIMIT", "1GB")
    monkeypatch.chdir(home)
    lines = ["DROPZONE_THREADS=3", "DROPZONE_MEMORY_LIMIT=2GB", "SFTP_SECRET='a b'", "DROPZONE_HOME=/nowhere"]
    (home / ".env").write_text("\n".join(lines))
    found = Settings.from_env()
    assert (found.threads, found.memory_limit, found.secret("SFTP_SECRET")) == (3, "1GB", "a b")
    assert found.home == home.resolve()
    (home / ".env").write_text("DROPZONE_START_DATE=soon")
    with pytest.raises(BadSettings, match=r"START_DATE is 'soon' in \.env"):
        Settings.from_env()


def test_mistakes_end_with_2_and_a_sentence_through_the_command_too(home: Path) -> None:
    (home / "sources.yaml").write_text("sources: [")
    refused(run("status", at=home, DROPZONE_THREADS="abc"), "DROPZONE_THREADS is 'abc'")
    refused(run("sources", "list", at=home), "sources.yaml cannot be read")
    refused(run("contracts", "check", "none.odcs.yaml", at=home), "none.odcs.yaml", "does not exist")
    (home / "sources.yaml").write_text("sources: []\nprofiles: {test: []}")
    refused(run("--profile", "tset", "status", at=home), "no profile 'tset'", "test")
    refused(run("query", "SELECT 1", at=home, DROPZONE_PROFILE="tset"), "no profile 'tset'")
    done = run("query", "SELECT 1", "--json", at=home, DROPZONE_LAKE_URI="x", DROPZONE_SFTP_SECRET="x")
    assert done.returncode == 0
    assert "DROPZONE_LAKE_URI" in done.stderr and "DROPZONE_LAKE_URL" in done.stderr
    assert "SECRET" not in done.stderr


def test_dagster_is_told_the_same_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPZONE_HOME", str(home))
    monkeypatch.setenv("DROPZONE_THREADS", "abc")
    with pytest.raises(BadSettings, match="DROPZONE_THREADS is 'abc'"):
        defs()


def test_settings_may_be_made_without_a_home() -> None:
    assert Settings(home=Path("nowhere"), start_date=date(2020, 1, 1)).lake == "nowhere/lake"


@pytest.mark.parametrize("words", [("status",), ("query", "FROM range(9)"), ("query", "FROM range(9)", "--json")])
def test_a_reader_that_has_enough_is_no_failure(words: tuple[str, ...], home: Path) -> None:
    """As `dropzone status | head -1`, whose reader is gone before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "DROPZONE_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run([*DROPZONE, *words], env=environment, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_page_of_settings_names_each_of_them_with_its_default() -> None:
    page = (Path(__file__).parents[1] / "docs" / "operating" / "settings.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE))
    known = {name: PREFIX + name.upper() for name in Settings.model_fields} | {"dagster_home": "DAGSTER_HOME"}
    fields = {known[name]: field for name, field in Settings.model_fields.items()}
    assert told.keys() == fields.keys()
    plain = {name: f.default for name, f in fields.items() if f.default not in ("", None) and name != "DROPZONE_HOME"}
    assert {name: told[name] for name in plain} == {
        name: f"`{value:g}`" if isinstance(value, float) else f"`{value}`" for name, value in plain.items()
    }
