"""`dropzone up`, with runs that are forked and with Dagster's own launcher: what is dropped is in the lake."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest
import yaml

from dropzone_assets.instance import TEMPLATE
from tests.conftest import Query
from tests.launcher.conftest import until
from tests.road import A, B, of

pytestmark = pytest.mark.full

OURS = ("run_launcher", "run_coordinator", "sensors")


@pytest.mark.parametrize("forked", [True, False])
def test_what_is_dropped_is_in_the_lake_and_nothing_is_left_when_it_ends(
    forked: bool, home: Path, query: Query, tmp_path: Path
) -> None:
    config = {name: said for name, said in yaml.safe_load(TEMPLATE.read_text()).items() if forked or name not in OURS}
    (home / "dagster").mkdir()
    (home / "dagster" / "dagster.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-c", "from dropzone_assets.cli import main; main()", "up", "--port", "0"]
    with (tmp_path / "up.log").open("w") as log:
        up = subprocess.Popen(
            command, env={**os.environ, "DROPZONE_HOME": str(home)}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        for name, row in ((A, "a"), (B, "b")):
            (home / "dropzone" / name).write_text(of(row))
            until(partial(in_lake, up, query, row), 180)
            assert up.poll() is None, (tmp_path / "up.log").read_text()[-3000:]
        below = psutil.Process(up.pid).children(recursive=True)
        assert any("forkserver" in " ".join(each.cmdline()) for each in below) == forked
        up.send_signal(signal.SIGINT)
        up.wait(120)
        assert psutil.wait_procs(below, timeout=60)[1] == []
    finally:
        if up.poll() is None:
            os.killpg(up.pid, signal.SIGKILL)
            up.wait(30)


def in_lake(up: "subprocess.Popen[bytes]", query: Query, row: str) -> bool:
    """Whether a row is in the lake; or `up` has ended, so there is nothing to wait for."""
    return up.poll() is not None or (row,) in query("SELECT transaction_id FROM lake.transactions")
