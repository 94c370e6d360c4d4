"""Before anything starts: ports that cannot be, homes that are taken, children that were left."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings, Transient
from dropzone_assets.orchestration.launcher.heartbeat import holder
from dropzone_assets.orchestration.supervisor.admission import alone, end_leftovers, usable_port
from tests.launcher.conftest import until

HOLD = (
    "import sys, time; from pathlib import Path; from dropzone_assets.orchestration.launcher.heartbeat import alive\n"
)
HOLD += "with alive(Path(sys.argv[1])): time.sleep(600)"


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_an_impossible_port_is_refused_with_those_that_are_possible(port: int) -> None:
    with pytest.raises(BadSettings, match=r"There is no port .* Choose one from 1 to 65535"):
        usable_port("127.0.0.1", port)


def test_a_port_in_use_is_refused_with_one_that_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Transient, match="is in use") as refused:
        usable_port("127.0.0.1", taken.getsockname()[1])
    free = int(refused.value.cure.rpartition("=")[2])
    assert usable_port("127.0.0.1", free) == free


def test_port_0_chooses_one_that_is_free() -> None:
    assert usable_port("127.0.0.1", 0) > 0


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7"])
def test_an_address_that_is_not_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(BadSettings, match=r"dropzone up --host 127\.0\.0\.1"):
        usable_port(host, 0)


def test_a_home_has_one_up_at_a_time(tmp_path: Path) -> None:
    second = r"already at work in .* \(pid \d+, since .* UTC\)"
    with alone(tmp_path / ".up"), pytest.raises(Transient, match=second), alone(tmp_path / ".up"):
        pass
    with alone(tmp_path / ".up"):
        assert holder(tmp_path / ".up" / "up")


def test_what_was_left_behind_is_ended(tmp_path: Path) -> None:
    heartbeat = tmp_path / "daemon"
    left = subprocess.Popen([sys.executable, "-c", HOLD, str(heartbeat)], start_new_session=True)
    until(lambda: holder(heartbeat))
    assert end_leftovers([heartbeat, tmp_path / "webserver"]) == [("daemon", left.pid)]
    left.wait(10)
    assert end_leftovers([heartbeat]) == []
