"""What is damaged, forbidden or full is told as a sentence: the file, what was found, what to do; never a traceback."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from dropzone_assets.cli.app import main
from dropzone_assets.errors import BadSettings, DiskFull, StoreDamaged, StoreForbidden
from dropzone_assets.files import Delivery
from dropzone_assets.orchestration.instance import prepare_instance
from dropzone_assets.pipeline.transfer import copied_from
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.upkeep.losses import losses
from tests.conftest import ingest_home, make_home
from tests.pipeline import BAD, A, B, Pipeline, of

Damage = Callable[[Path], None]


def foreign(file: Path) -> None:
    file.write_bytes(b"I am no database.\n" * 1_000)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5_000])


def flipped(file: Path) -> None:
    """All but the first pages are overwritten."""
    content = file.read_bytes()
    file.write_bytes(content[:12_288] + b"\xa5" * (len(content) - 12_288))


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which one file is loaded and one has failed."""
    home = make_home(tmp_path_factory.mktemp("whole") / "home")
    (home / "dropzone" / A).write_text(of(*(f"t{n}" for n in range(300))))
    (home / "dropzone" / B).write_text(BAD)
    pipeline = Pipeline(home)
    pipeline.all()
    pipeline.bring_up_to_date()
    pipeline.platform.ledger.engine.dispose()
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:  # all of it rests in the file that is damaged
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def dropzone(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str]]]:
    """What a person sees who runs a command in the home, and its exit code."""

    def run(*command: str) -> tuple[int, str]:
        monkeypatch.setenv("DROPZONE_HOME", str(home))
        monkeypatch.setattr(sys, "argv", ["dropzone", *command])
        with pytest.raises(SystemExit) as end:
            main()
            raise SystemExit(0)
        said = capfd.readouterr()
        code = end.value.code
        return code if isinstance(code, int) else 0, said.out + said.err

    yield run


WAREHOUSE = [("query", "SELECT count(*) FROM validated.transactions"), ("quarantine", "transactions"), ("verify",)]
LEDGER = [("status",), ("status", "--failed"), ("explain", A), ("verify",), ("retract", A)]


@pytest.mark.parametrize("damage", [foreign, cut_short, flipped, a_folder])
@pytest.mark.parametrize("command", WAREHOUSE, ids=" ".join)
def test_a_damaged_warehouse_is_named_at_once_with_the_way_out(
    home: Path, dropzone: Callable[..., tuple[int, str]], damage: Damage, command: tuple[str, ...]
) -> None:
    damage(home / "warehouse.duckdb")
    code, said = dropzone(*command)
    assert code == 2, said
    assert f"{home}/warehouse.duckdb is damaged" in said and "dropzone rebuild warehouse" in said
    assert "Traceback" not in said and "held" not in said


@pytest.mark.parametrize("damage", [foreign, cut_short, flipped])
@pytest.mark.parametrize("command", LEDGER, ids=" ".join)
def test_a_damaged_ledger_is_named_with_the_way_out(
    home: Path, dropzone: Callable[..., tuple[int, str]], damage: Damage, command: tuple[str, ...]
) -> None:
    damage(home / "ledger.sqlite")
    code, said = dropzone(*command)
    assert code == 2, said
    assert f"{home}/ledger.sqlite is damaged" in said and "dropzone restore" in said
    assert "Traceback" not in said


# -- Dagster's files ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dagster's files, with nothing left beside them that has still to be written into them."""
    folder = prepare_instance(Settings(home=tmp_path_factory.mktemp("prepared")))
    for file in folder.rglob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.mark.parametrize("damage", [foreign, cut_short])
@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"])
def test_a_damaged_database_of_dagsters_is_named(prepared: Path, tmp_path: Path, damage: Damage, name: str) -> None:
    shutil.copytree(prepared, tmp_path / "dagster", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    damage(tmp_path / "dagster" / name)
    with pytest.raises(StoreDamaged, match=f"dagster/{name} is damaged") as error:
        prepare_instance(Settings(home=tmp_path))
    assert error.value.cure.startswith("It holds the history of runs and no data")


@pytest.mark.parametrize(
    "text", ["storage: [", "- a list", "run_launcher: {module: no.such, class: Thing}", "nonsense: 1"]
)
def test_a_broken_dagster_yaml_is_named(prepared: Path, tmp_path: Path, text: str) -> None:
    shutil.copytree(prepared, tmp_path / "dagster")
    (tmp_path / "dagster" / "dagster.yaml").write_text(text)
    with pytest.raises(BadSettings, match=r"dagster\.yaml does not say how Dagster is to run"):
        prepare_instance(Settings(home=tmp_path))


# -- disks ------------------------------------------------------------------------------------------------------------


def mounted(home: Path, mount: str, *command: str) -> tuple[int, str]:
    """What a command says in a home on which something is mounted, in a namespace of its own; $1 is the home."""
    tool = shutil.which("unshare")
    if tool is None or subprocess.run([tool, "-m", "true"], capture_output=True).returncode:
        pytest.skip("Nothing may be mounted here.")
    program = [sys.executable, "-c", "from dropzone_assets.cli.app import main; main()", *command]
    script = f'home="$1"; shift; {mount} && exec "$@"'
    done = subprocess.run(
        [tool, "-m", "sh", "-c", script, "sh", str(home), *program],
        env={**os.environ, "DROPZONE_HOME": str(home), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


READ_ONLY = 'mount --bind "$home" "$home" && mount -o remount,ro,bind "$home"'


def test_a_home_on_a_read_only_disk_is_told(home: Path) -> None:
    code, said = mounted(home, READ_ONLY, "ingest")
    assert code == 2, said
    assert str(home) in said and "may not be" in said and "Traceback" not in said


def test_a_proof_for_which_the_disk_has_no_room_says_so(home: Path) -> None:
    (home / ".spill").mkdir(exist_ok=True)
    code, said = mounted(home, 'mount -t tmpfs -o size=400k tmpfs "$home/.spill"', "verify", "transactions")
    assert code == 2, said
    assert "The disk of" in said and "is full" in said and "Traceback" not in said


def test_a_file_for_which_the_disk_has_no_room_waits_and_says_so(home: Path) -> None:
    (home / ".spill").mkdir(exist_ok=True)
    (home / "dropzone" / B).write_text(of("b") + "\n" * 500_000)
    code, said = mounted(home, 'mount -t tmpfs -o size=400k tmpfs "$home/.spill"', "ingest")
    assert code == 1, said
    assert f"The disk of {home}/.spill is full" in said and "Free some space" in said and "Traceback" not in said
    assert Pipeline(home).states()[B][-1] == "listed"


@pytest.mark.parametrize(("spool", "error"), [("/dev/full", DiskFull), ("/proc/none/spool", StoreForbidden)])
def test_a_disk_of_ours_is_not_blamed_on_the_file_that_is_copied(
    home: Path, spool: str, error: type[Exception]
) -> None:
    (home / "dropzone" / B).write_text(of("b"))
    file = Delivery("k", "dropzone", B, "1", 1, "transactions", datetime(2024, 5, 1), datetime(2024, 5, 1))
    with pytest.raises(error):
        copied_from(open_platform(Settings(home=home)).sources["dropzone"], file, Path(spool))


def test_no_delivery_is_blamed_for_a_damaged_warehouse(home: Path, instance: dg.DagsterInstance) -> None:
    (home / "dropzone" / B).write_text(of("b"))
    whole = (home / "warehouse.duckdb").read_bytes()
    foreign(home / "warehouse.duckdb")
    assert ingest_home(home, instance).runs == []
    assert "warehouse.duckdb is damaged" in losses(open_platform(Settings(home=home)))[0].found
    (home / "warehouse.duckdb").write_bytes(whole)
    ingest_home(home, instance)
    assert Pipeline(home).states()[B][-1] == "loaded"
