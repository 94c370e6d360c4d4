"""`dropzone up` from the outside: what it says, how it ends, and that nothing outlives it."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.launcher.conftest import until
from tests.pipeline import A, of
from tests.samples import events as an_event
from tests.supervisor.conftest import Start

pytestmark = pytest.mark.full

HARMFUL = {
    "DAGSTER_MODULE_NAME": "dropzone_assets.definitions",
    "DAGSTER_WORKSPACE": "/nowhere/workspace.yaml",
    "DAGSTER_WEBSERVER_WORKSPACE": "/nowhere/workspace.yaml",
    "DAGSTER_PYTHON_FILE": "/nowhere/file.py",
    "DAGSTER_WEBSERVER_PORT": "1",
}
"""What a shell may hold for other programs, or `dagster` in another project."""

EVENT = re.compile(r"\d\d:\d\d:\d\d  \S.*")


def test_it_tells_each_event_in_a_line_whatever_the_shell_holds_for_dagster(home: Path, start: Start) -> None:
    up = start(**HARMFUL).says("Watching dropzone;")
    (home / "dropzone" / A).write_text(of("a"))
    (home / "dropzone" / "nobodys.txt").write_text("x")
    up.says("in the lake").says("nobodys.txt failed: ")
    assert f"transactions: {A} loaded: 1 rows read" in up.told
    up.process.send_signal(signal.SIGINT)
    assert up.ends() == 0
    assert [line for line in up.told.splitlines() if not EVENT.fullmatch(line)] == []


@pytest.mark.long
def test_the_shell_has_the_last_word_over_the_file_env_of_the_home(home: Path, start: Start) -> None:
    (home / ".env").write_text("DROPZONE_LAKE_URL=lake_of_the_file\nDROPZONE_LOG_LEVEL=info\n")
    up = start(DROPZONE_LAKE_URL=str(home / "lake_of_the_shell")).says("Watching dropzone;")
    (home / "dropzone" / A).write_text(of("a"))
    up.says("in the lake")
    assert list((home / "lake_of_the_shell").rglob("*.parquet"))
    assert not (home / "lake_of_the_file").exists()


def test_a_file_waits_for_its_contract_broken_under_it_and_loads_by_itself_when_it_is_mended(
    home: Path, start: Start
) -> None:
    def failed() -> str:
        command = [sys.executable, "-c", "from dropzone_assets.cli import main; main()", "status", "--failed"]
        environment = {**os.environ, "DROPZONE_HOME": str(home)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    up = start().says("Watching dropzone;")
    contract = home / "contracts" / "transactions.odcs.yaml"
    whole = contract.read_text()
    contract.write_text(whole + "\n: : [")
    (home / "dropzone" / A).write_text(of("a"))
    until(lambda: A in failed(), 120)
    assert "Its contract cannot be honoured: transactions.odcs.yaml: is not readable YAML" in failed()
    events = "vehicles_events_20240501100000.json"
    (home / "dropzone" / events).write_text(an_event())
    up.says(f"{events} loaded")
    assert A not in up.told and "waiting" in failed().lower()
    contract.write_text(whole)
    up.says(f"transactions: {A} loaded: 1 rows read").says("in the lake")
    assert "none waits" in failed()


@pytest.mark.parametrize(
    ("shell", "number"), [("nohup", signal.SIGINT), pytest.param("env", signal.SIGTERM, marks=pytest.mark.long)]
)
def test_a_signal_ends_it_in_seconds_also_in_the_background_of_a_script(
    start: Start, shell: str, number: signal.Signals
) -> None:
    up = start(shell=shell).says("Watching dropzone;")
    below = up.below()
    os.kill(up.pid, number)
    assert up.ends(60) == 0, "ten seconds, on a machine that has nothing else to do"
    assert psutil.wait_procs(below, timeout=10)[1] == []


def test_nothing_outlives_it_when_it_is_killed_and_the_next_one_starts(start: Start) -> None:
    up = start().says("Watching dropzone;")
    until(lambda: any("forkserver" in " ".join(each.cmdline()) for each in up.below()))
    below = up.below()
    up.process.kill()
    up.ends()
    assert psutil.wait_procs(below, timeout=60)[1] == []
    start().says("Watching dropzone;")


@pytest.mark.long
def test_what_an_older_one_left_is_ended_and_said(start: Start) -> None:
    up = start().says("Watching dropzone;")
    left = up.service("webserver")
    left.suspend()  # deaf, so it does not see that its parent is gone
    up.process.kill()
    up.ends()
    start().says(f"Ended the webserver that an earlier `up` had left (pid {left.pid}).").says("Watching dropzone;")
    assert not left.is_running()


@pytest.mark.long
@pytest.mark.parametrize("name", ["daemon", "code-server", "webserver"])
def test_a_service_that_ends_ends_all_with_its_last_words(start: Start, name: str) -> None:
    up = start().says("Watching dropzone;")
    below = up.below()
    up.service(name).kill()
    assert up.ends() == 1
    assert f"The {name} was killed by signal 9." in up.told
    assert f"logs/{name}.log" in up.told.replace("\n", "")
    assert psutil.wait_procs(below, timeout=40)[1] == []


def test_a_service_that_does_not_get_to_work_is_given_up_with_its_words(start: Start) -> None:
    up = start("--patience", "1")
    assert up.ends(300) == 2
    assert "The code-server has not loaded the definitions after 1 seconds." in up.told
    assert "It said last:" in up.told


@pytest.mark.long
def test_a_second_one_in_one_home_is_refused_with_the_first_ones_pid(start: Start) -> None:
    first = start().says("Watching dropzone;")
    second = start()
    assert second.ends() == 2
    assert f"(pid {first.pid}, since 20" in " ".join(second.told.split())
    assert f"kill {first.pid}" in second.told
    assert first.process.poll() is None


def test_a_port_in_use_is_refused_with_one_that_is_free(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        up = start("--port", str(taken.getsockname()[1]))
        assert up.ends() == 2
    assert "is in use" in up.told
    assert re.search(r"dropzone up --port \d+", up.told)
