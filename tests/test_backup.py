"""A backup is a home of one moment, whatever is loaded meanwhile; restored, it goes on as if nothing had been."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from filelock import FileLock
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.errors import DropzoneError, Permanent, StoreDamaged, Transient
from dropzone_assets.proof.prove import prove
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.backup import MANIFEST, backup, states
from dropzone_assets.upkeep.restore import restore
from tests.conftest import make_home
from tests.pipeline import A, B, Pipeline, of

DOCS = Path(__file__).parents[1] / "docs" / "operating" / "recovery.md"

Run = Callable[..., Result]


@pytest.fixture
def run(home: Path) -> Run:
    """A command in the home."""

    def run(*command: str) -> Result:
        return CliRunner().invoke(app, list(command), env={"DROPZONE_HOME": str(home)})

    return run


def put(home: Path, name: str, text: str) -> None:
    (home / "dropzone" / name).write_text(text)


def loaded(home: Path) -> Pipeline:
    """The home, with everything at its source in its lake."""
    pipeline = Pipeline(home)
    pipeline.all()
    pipeline.bring_up_to_date()
    return pipeline


def is_whole(home: Path) -> bool:
    """Whether ledger, warehouse, lake and raw zone are of one moment."""
    pipeline = Pipeline(home)
    proofs = list(prove(pipeline.platform, deep=True, say=lambda text, size: None))
    pipeline.platform.ledger.engine.dispose()
    assert [finding for proof in proofs for finding in proof.findings if finding.wrong] == []
    return all(proof.holds for proof in proofs)


def test_a_restored_home_is_that_of_the_backup_and_loads_the_rest_again(home: Path, tmp_path: Path) -> None:
    put(home, A, of("a", "b"))
    pipeline = loaded(home)
    backup(pipeline.platform, tmp_path / "kept")
    put(home, A, of("a", "c"))
    put(home, B, of("d"))
    after = loaded(home).lake()
    other = tmp_path / "other"
    restore(Settings(home=other), tmp_path / "kept")
    assert is_whole(other)
    assert Pipeline(other).lake() == ["a", "b"]
    shutil.copytree(home / "dropzone", other / "dropzone", dirs_exist_ok=True)
    again = loaded(other)
    assert again.lake() == after == ["a", "c", "d"]
    assert is_whole(other)


def test_a_second_backup_copies_what_is_new_and_the_first_stays_until_it_is_whole(home: Path, tmp_path: Path) -> None:
    put(home, A, of("a"))
    pipeline = loaded(home)
    first, _, copied = backup(pipeline.platform, tmp_path / "kept", keep=2)
    assert copied == 1
    put(home, B, of("b").replace("2024-05-01", "2024-05-02"))
    loaded(home)
    second, manifest, copied = backup(pipeline.platform, tmp_path / "kept", keep=2)
    assert (copied, manifest.raw) == (1, 2)
    assert states(tmp_path / "kept") == [first, second]
    lake = "lake/transactions/year=2024/month=05/day=01/transactions.parquet"
    assert (first / lake).samefile(second / lake)
    assert not (home / lake).samefile(second / lake)
    third, _, copied = backup(pipeline.platform, tmp_path / "kept")
    assert copied == 0 and states(tmp_path / "kept") == [third]
    restore(Settings(home=tmp_path / "other"), tmp_path / "kept")
    assert is_whole(tmp_path / "other")


def test_a_backup_that_was_killed_leaves_the_one_before_and_is_swept_by_the_next(home: Path, tmp_path: Path) -> None:
    put(home, A, of("a"))
    pipeline = loaded(home)
    made, _, _ = backup(pipeline.platform, tmp_path / "kept")
    (tmp_path / "kept" / ".making-20240501T000000Z").mkdir()
    shutil.copytree(made, tmp_path / "kept" / ".making-20240502T000000Z")
    assert restore(Settings(home=tmp_path / "other"), tmp_path / "kept").state == made
    backup(pipeline.platform, tmp_path / "kept")
    assert not list((tmp_path / "kept").glob(".making*"))


def test_what_a_home_holds_is_moved_aside_and_only_when_that_is_wished_for(
    home: Path, tmp_path: Path, run: Run
) -> None:
    put(home, A, of("a"))
    backup(loaded(home).platform, tmp_path / "kept")
    put(home, B, of("b"))
    loaded(home)
    refused = run("restore", str(tmp_path / "kept"))
    assert isinstance(refused.exception, Permanent) and "--force" in str(refused.exception)
    assert Pipeline(home).lake() == ["a", "b"]
    done = run("restore", str(tmp_path / "kept"), "--force", "--json")
    assert done.exit_code == 0, done.output
    aside = Path(json.loads(done.output)["moved_aside"])
    assert (aside / "warehouse.duckdb").exists() and (aside / "ledger.sqlite").exists() and (aside / "lake").exists()
    assert Pipeline(home).lake() == ["a"]
    assert loaded(home).lake() == ["a", "b"]


def garble(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("name", ["ledger.sqlite", "warehouse.duckdb", "sources.yaml"])
def test_a_backup_that_is_damaged_itself_is_refused_before_anything_is_moved(
    home: Path, tmp_path: Path, name: str
) -> None:
    put(home, A, of("a"))
    made, _, _ = backup(loaded(home).platform, tmp_path / "kept")
    garble(made / name)
    with pytest.raises(StoreDamaged, match=f"{name} is not what was backed up"):
        restore(Settings(home=home), tmp_path / "kept", force=True)
    assert Pipeline(home).lake() == ["a"]


@pytest.mark.parametrize("lock", [".ingest.lock", ".lake.lock", ".up/lock"])
def test_nothing_is_restored_under_the_feet_of_who_works_there(home: Path, tmp_path: Path, lock: str) -> None:
    put(home, A, of("a"))
    backup(loaded(home).platform, tmp_path / "kept")
    (home / lock).parent.mkdir(exist_ok=True)
    with FileLock(home / lock), pytest.raises(Transient, match="Somebody works in"):
        restore(Settings(home=home), tmp_path / "kept", force=True)


def test_a_home_that_is_restored_elsewhere_leaves_what_the_environment_names_alone(
    home: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "dagster").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    monkeypatch.setenv("DROPZONE_WAREHOUSE_PATH", str(home / "warehouse.duckdb"))
    put(home, A, of("a"))
    loaded(home)
    assert run("backup", str(tmp_path / "kept")).exit_code == 0
    assert run("restore", str(tmp_path / "kept"), "--into", str(tmp_path / "other")).exit_code == 0
    assert (home / "dagster").is_dir() and (tmp_path / "other" / "warehouse.duckdb").is_file()
    assert not list(home.glob("before-restore-*"))


def test_what_is_no_backup_is_refused(home: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", home):
        with pytest.raises(Permanent, match="holds no backup"):
            restore(Settings(home=tmp_path / "other"), folder)
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / MANIFEST).write_text('{"format": 99, "files": {}}')
    with pytest.raises(DropzoneError, match="newer version"):
        restore(Settings(home=tmp_path / "other"), tmp_path / "newer")


def test_the_backup_of_a_home_that_has_loaded_nothing_is_one_too(home: Path, tmp_path: Path) -> None:
    backup(Pipeline(home).platform, tmp_path / "kept")
    restore(Settings(home=tmp_path / "other"), tmp_path / "kept")
    assert (tmp_path / "other" / "sources.yaml").read_text() == (home / "sources.yaml").read_text()
    (tmp_path / "other" / "dropzone").mkdir()
    put(tmp_path / "other", A, of("a"))
    assert loaded(tmp_path / "other").lake() == ["a"]


LOADER = """
import sys
from pathlib import Path
from tests.pipeline import Pipeline, of
home = Path(sys.argv[1])
pipeline = Pipeline(home)
for n in range(int(sys.argv[2])):
    for file, day in ((n, 1 + n % 3), (0, 9)):  # a new one, and one that is restated each time
        text = of(*(f"{file}-{i}" for i in range(n + 1))).replace("2024-05-01", f"2024-05-{day:02d}")
        (home / "dropzone" / f"payments_202405{day:02d}_1000{file:02d}.csv").write_text(text)
    pipeline.all()
    pipeline.bring_up_to_date()
    print(n, flush=True)
"""


@pytest.mark.long
def test_backups_that_are_made_while_files_are_loaded_are_each_whole(tmp_path: Path) -> None:
    home, kept = make_home(tmp_path / "home"), tmp_path / "kept"
    loader = subprocess.Popen([sys.executable, "-c", LOADER, str(home), "12"], stdout=subprocess.PIPE, text=True)
    assert loader.stdout and loader.stdout.readline() == "0\n"
    pipeline = Pipeline(home)
    while loader.poll() is None:
        backup(pipeline.platform, kept, keep=100)
    loader.stdout.close()
    assert loader.returncode == 0
    made = states(kept)
    assert len(made) > 2
    after = loaded(home).lake()
    for n, state in enumerate(made[:: max(1, len(made) // 5)]):
        other = tmp_path / f"other-{n}"
        restore(Settings(home=other), state)
        assert is_whole(other)
        shutil.copytree(home / "dropzone", other / "dropzone")
        assert loaded(other).lake() == after


def commands(title: str) -> list[str]:
    """The commands of the first block under a title of the docs."""
    block = DOCS.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("```sh\n")[2].partition("```")[0]
    return [line.partition(" #")[0].strip() for line in block.splitlines() if line.strip()]


def test_what_the_docs_say_of_backups_works_as_it_is_written(home: Path, tmp_path: Path, run: Run) -> None:
    put(home, A, of("a"))
    loaded(home)
    said = commands("Backup")
    assert [line.split()[1] for line in said] == ["backup", "restore", "restore"]
    results: list[Any] = []
    for line in said:
        words = line.replace("/mnt/backup", str(tmp_path / "kept")).replace("~/again", str(tmp_path / "again")).split()
        results.append(run(*words[1:]))
    assert [result.exit_code for result in results] == [0, 0, 0], [result.output for result in results]
    assert Pipeline(tmp_path / "again").lake() == Pipeline(home).lake() == ["a"]
