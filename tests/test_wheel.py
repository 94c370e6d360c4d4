"""What is installed from the wheel is the product of the clone: init, up, drop, query, in an empty folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ROWS = "order_id,ordered_at,amount,channel\n{0},2024-05-01 09:30,19.90,web\n{0}x,2024-05-01 10:00,-1,web\n"

INSTANCE = """
import dagster as dg, sys
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    print(type(instance.run_launcher).__name__, type(instance.run_coordinator).__name__, instance.telemetry_enabled)
"""

pytestmark = pytest.mark.full


def environment(home: Path) -> dict[str, str]:
    """Of a person who has set nothing, and knows nothing of this repository."""
    ours = ("DROPZONE_", "DAGSTER_", "PYTHON", "VIRTUAL_ENV")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(ours)}, "HOME": str(home)}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that has the wheel, which was made of an sdist, and no extra."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    found = folder / "venv" / "bin"
    quiet = ["-q", "--disable-pip-version-check"]
    subprocess.run([found / "pip", "install", *quiet, "build"], check=True)
    subprocess.run([found / "python", "-m", "build", "--outdir", folder / "dist", ROOT], check=True, stdout=-1)
    (wheel,) = (folder / "dist").glob("*.whl")
    # What runs the tests is known to fit together; which versions a resolver takes is not the question.
    known = (f"{each.name}=={each.version}" for each in distributions() if each.name != "dropzone-assets")
    (folder / "known.txt").write_text("\n".join(known))
    subprocess.run([found / "pip", "install", *quiet, "-c", folder / "known.txt", wheel], check=True)
    return found


def until(true: Callable[[], object], up: subprocess.Popen[bytes], seconds: float = 600) -> float:
    """Wait for a condition; how many seconds it took."""
    start = time.monotonic()
    while not true():
        assert up.poll() is None, "up has ended"
        assert time.monotonic() - start < seconds
        time.sleep(0.05)
    return time.monotonic() - start


def changed(file: Path, inode: int) -> bool:
    """Whether another file has taken its place."""
    return file.stat().st_ino != inode


@contextmanager
def running(programs: Path, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [programs / "dropzone", "up", "--port", port, "--patience", "300"]
    with (home.parent / "up.log").open("wb") as log:
        up = subprocess.Popen(command, cwd=home, env=environment(home), stdout=log, stderr=log, start_new_session=True)
    try:
        yield up
    finally:
        up.send_signal(signal.SIGINT)
        try:
            up.wait(90)
        finally:
            if up.poll() is None:
                os.killpg(up.pid, signal.SIGKILL)
        print((home.parent / "up.log").read_text()[-3000:])


def test_from_the_wheel_to_a_row_in_the_lake(programs: Path, tmp_path: Path) -> None:
    home = tmp_path / "empty"
    home.mkdir()

    def dropzone(*words: str) -> str:
        command = [programs / "dropzone", *words]
        return subprocess.run(command, cwd=home, env=environment(home), check=True, stdout=-1, text=True).stdout

    assert "Go on" in dropzone("init")
    assert "orders, active" in dropzone("contracts", "check")
    lake = home / "lake" / "orders"
    (home / "sources.yaml").write_text("sources: [{name: dropzone, url: dropzone, settle_seconds: 0}]")
    with running(programs, home) as up:
        (home / "dropzone" / "orders_20240501.csv").write_text(ROWS.format("A"))
        until(lambda: list(lake.rglob("orders.parquet")), up)
        took = []
        for name in ("B", "C", "D"):
            (file,) = lake.rglob("orders.parquet")
            published = partial(changed, file, file.stat().st_ino)
            part = home / "dropzone" / ".part"
            part.write_text(ROWS.format(name))
            (home / "dropzone" / name).mkdir()
            part.rename(home / "dropzone" / name / "orders_20240501.csv")
            took.append(until(published, up))
        print("from drop to lake, seconds:", [round(each, 2) for each in took])
        found = json.loads(dropzone("query", "SELECT order_id FROM lake.orders ORDER BY 1", "--json"))
        assert [row["order_id"] for row in found] == ["A", "B", "C", "D"]
        refused = json.loads(dropzone("query", "SELECT count(*) AS n FROM quarantine.orders", "--json"))
        assert refused == [{"n": 4}]
    said = subprocess.run(
        [programs / "python", "-c", INSTANCE, home / "dagster"], env=environment(home), check=True, stdout=-1, text=True
    )
    assert said.stdout.split() == ["ForkedRunLauncher", "PromptRunCoordinator", "False"]
