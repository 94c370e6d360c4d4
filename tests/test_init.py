"""`dropzone init` makes a home that works, changes nothing that is there, and the demo brings its tables along."""

import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from dropzone_assets.contracts import load_contract
from dropzone_assets.demo import CONTRACTS
from dropzone_assets.errors import BadSettings
from dropzone_assets.formats import open_format
from dropzone_assets.homes import STARTERS, make_home
from dropzone_assets.orchestration.instance import TEMPLATE, prepare_instance
from dropzone_assets.settings import Settings
from dropzone_assets.sources import load_sources
from tests.test_settings import refused, run

ROOT = Path(__file__).parents[1]


def everything(home: Path) -> dict[str, bytes]:
    return {str(file.relative_to(home)): file.read_bytes() for file in home.rglob("*") if file.is_file()}


def test_init_makes_a_home_once_and_says_how_to_go_on(tmp_path: Path) -> None:
    done = run("init", "my home", at=tmp_path)
    home = tmp_path / "my home"
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.split("Go on\n")[1].splitlines()] == ["cd", "printf", "dropzone"]
    assert {str(file.relative_to(home)) for file in home.rglob("*")} == {*STARTERS, "contracts", "dropzone"}
    before = everything(home)
    (home / "sources.yaml").write_text("sources: []")
    again = run("init", at=home)
    assert "sources.yaml was there and stays as it is" in again.stdout
    assert everything(home) == {**before, "sources.yaml": b"sources: []"}


def test_the_example_is_a_sound_contract_and_the_sources_are_what_is_watched_without_them(tmp_path: Path) -> None:
    make_home(tmp_path)
    contract, status = load_contract(tmp_path / "contracts/orders.odcs.yaml", Settings().start_date, open_format)
    assert (contract.table, status) == ("orders", "active")
    (only,) = load_sources(tmp_path / "sources.yaml")
    assert (only.name, only.kind, only.url) == ("dropzone", "folder", "dropzone")


def test_a_home_with_tables_of_its_own_gets_no_example_and_keeps_dagsters_file(home: Path) -> None:
    (home / "dagster").mkdir()
    (home / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}")
    made, kept = make_home(home)
    assert {"sources.yaml", "contracts/orders.odcs.yaml", "dagster.yaml"} <= set(kept)
    assert made == ["workspace.yaml", ".env.example", ".gitignore", "README.md"]


def test_what_git_keeps_of_a_home_is_what_a_person_writes(tmp_path: Path) -> None:
    make_home(tmp_path)
    for name in (".env", "ledger.sqlite", "dropzone/orders.csv", "raw/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    listed = subprocess.run(["git", "ls-files", "-o", "--exclude-standard"], cwd=tmp_path, stdout=-1, check=True)
    assert set(listed.stdout.decode().split()) == {*STARTERS}


def test_a_place_that_cannot_be_a_home_is_told(tmp_path: Path) -> None:
    (tmp_path / "contracts").touch()
    refused(run("init", at=tmp_path), "cannot be made a home", "contracts")


def test_dagster_reads_the_file_of_the_home(tmp_path: Path) -> None:
    make_home(tmp_path)
    (tmp_path / "dagster.yaml").write_text(TEMPLATE.read_text() + "\n# ours\n")
    for _ in range(2):
        read = prepare_instance(Settings(home=tmp_path)) / "dagster.yaml"
        assert read.read_text().endswith("# ours\n")
        assert read.is_symlink()


def test_dagsters_file_is_the_newest_unless_a_person_wrote_it(home: Path) -> None:
    read = prepare_instance(Settings(home=home)) / "dagster.yaml"
    assert read.read_bytes() == TEMPLATE.read_bytes()
    read.write_text("telemetry: {enabled: false}\n")
    prepare_instance(Settings(home=home))
    assert read.read_text() == "telemetry: {enabled: false}\n"
    (home / "dagster.yaml").write_text("nux: {enabled: false}\n")
    with pytest.raises(BadSettings, match="say different things"):
        prepare_instance(Settings(home=home))
    (home / "dagster.yaml").write_bytes(read.read_bytes())
    prepare_instance(Settings(home=home))
    assert read.is_symlink()


def test_an_older_template_that_nobody_changed_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = prepare_instance(Settings(home=home)) / "dagster.yaml"
    read.write_text("nux: {enabled: false}\n")
    monkeypatch.setattr("dropzone_assets.orchestration.instance.FORMER", {sha256(read.read_bytes()).hexdigest()[:16]})
    prepare_instance(Settings(home=home))
    assert read.read_bytes() == TEMPLATE.read_bytes()


def test_a_file_of_ones_own_that_names_what_has_another_name_now_is_told_the_new_one(home: Path) -> None:
    read = prepare_instance(Settings(home=home)) / "dagster.yaml"
    own = (
        TEMPLATE.read_text().replace("dropzone_assets.orchestration.launcher", "dropzone_assets.launcher") + "# mine\n"
    )
    read.write_text(own)
    with pytest.raises(BadSettings, match=r"names dropzone_assets\.launcher, which is dropzone_assets\.orchestration"):
        prepare_instance(Settings(home=home))
    assert read.read_text() == own


def test_the_files_at_the_top_of_the_project_are_those_of_a_new_home() -> None:
    for name in ("dagster.yaml", "workspace.yaml"):
        assert (ROOT / name).read_bytes() == TEMPLATE.with_name(name).read_bytes()
    assert {file.name for file in CONTRACTS.iterdir()} == {file.name for file in (ROOT / "data/contracts").iterdir()}


def test_children_send_no_telemetry_whatever_dagsters_file_says(home: Path) -> None:
    assert Settings(home=home).for_children()["DAGSTER_DISABLE_TELEMETRY"] == "yes"


def test_the_workspace_of_a_home_is_loaded_by_dagsters_own_command(tmp_path: Path) -> None:
    make_home(tmp_path)
    (tmp_path / "dagster").mkdir()
    shutil.copy(TEMPLATE, tmp_path / "dagster")
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path / "dagster"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "dropzone" in done.stderr + done.stdout


def test_the_demo_says_what_it_needs(tmp_path: Path) -> None:
    make_home(tmp_path)
    (tmp_path / "contracts/flights.odcs.yaml").write_text("status: draft")
    refused(run("demo", at=tmp_path), "flights.odcs.yaml", "no active contract of flights", "contracts check")
    (tmp_path / "sources.yaml").write_text("sources: [{name: other, url: other}]")
    refused(run("demo", at=tmp_path), "sources.yaml", "dropzone init")
    assert not list((tmp_path / "dropzone").iterdir())


@pytest.mark.long
def test_the_demo_brings_its_tables_into_a_new_home(tmp_path: Path) -> None:
    make_home(tmp_path)
    done = run("demo", at=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    names = {file.name for file in CONTRACTS.iterdir()}
    assert {file.name for file in (tmp_path / "contracts").iterdir()} == {*names, "orders.odcs.yaml"}
    assert "as_planted" in done.stdout


@pytest.mark.full
def test_the_lines_of_the_start_page_do_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "start.md").read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines = [line for line in lines if not line.startswith(("pip ", "dropzone up", "dropzone preview"))]
    (tmp_path / "run").write_text("\n".join(("set -e", *lines)))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "200"}
    done = subprocess.run(["sh", "run"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "amount is at least 0" in done.stdout and "2 rows" in done.stdout
