"""`dropzone up`, with runs that are forked and with Dagster's own launcher: what is dropped is in the lake."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dagster as dg
import psutil
import pytest
import yaml

from dropzone_assets.orchestration.instance import TEMPLATE
from dropzone_assets.orchestration.launcher.heartbeat import holder
from tests.conftest import Query
from tests.launcher.conftest import until
from tests.pipeline import A, B, of

pytestmark = pytest.mark.full

OURS = ("run_launcher", "run_coordinator", "sensors")

Up = subprocess.Popen[bytes]


@contextmanager
def running(home: Path, without: tuple[str, ...] = ()) -> Iterator[Up]:
    """`dropzone up` for the length of the block, its dagster.yaml without some sections."""
    config = {name: said for name, said in yaml.safe_load(TEMPLATE.read_text()).items() if name not in without}
    (home / "dagster").mkdir()
    (home / "dagster" / "dagster.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-c", "from dropzone_assets.cli import main; main()", "up", "--port", "0"]
    environment = {**os.environ, "DROPZONE_HOME": str(home)}
    with (home / "up.log").open("w") as log:
        up = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield up
        assert up.poll() is None, (home / "up.log").read_text()[-3000:]
        below = psutil.Process(up.pid).children(recursive=True)
        up.send_signal(signal.SIGINT)
        up.wait(120)
        assert psutil.wait_procs(below, timeout=60)[1] == []
    finally:
        if up.poll() is None:
            os.killpg(up.pid, signal.SIGKILL)
            up.wait(30)


def in_lake(up: Up, query: Query, row: str) -> bool:
    """Whether a row is in the lake; or `up` has ended, so there is nothing to wait for."""
    return up.poll() is not None or (row,) in query("SELECT transaction_id FROM lake.transactions")


@pytest.mark.parametrize("without", [(), pytest.param(OURS, marks=pytest.mark.long)])
def test_what_is_dropped_is_in_the_lake_and_nothing_is_left_when_it_ends(
    without: tuple[str, ...], home: Path, query: Query
) -> None:
    with running(home, without) as up:
        for name, row in ((A, "a"), (B, "b")):
            (home / "dropzone" / name).write_text(of(row))
            until(partial(in_lake, up, query, row), 180)
        names = [" ".join(each.cmdline()) for each in psutil.Process(up.pid).children(recursive=True)]
        assert any("forkserver" in name for name in names) is not bool(without)


@pytest.mark.long
def test_a_run_that_is_killed_is_started_again(home: Path, query: Query) -> None:
    heartbeats = home / "dagster" / "workers"
    with running(home) as up:
        (home / "dropzone" / A).write_text(of("a"))
        until(lambda: up.poll() is not None or (heartbeats.exists() and any(map(holder, heartbeats.iterdir()))), 180)
        killed = next(
            heartbeat
            for heartbeat in heartbeats.iterdir()
            if (pid := holder(heartbeat)) and not os.kill(pid, signal.SIGKILL)
        )
        until(partial(in_lake, up, query, "a"), 180)
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            again = dg.RunsFilter(tags={"dagster/parent_run_id": killed.name})
            until(lambda: instance.get_runs(filters=again))
