"""One signal ends an ingest within seconds, whatever it is at, and two at once; nothing is lost, nothing is doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import psutil
import pytest

from dropzone_assets.interrupts import GO_ON, PATIENCE, RESUMED, WORDS
from dropzone_assets.ledger.states import PENDING
from dropzone_assets.orchestration.instance import UNFINISHED, open_instance
from dropzone_assets.platform import open_platform
from dropzone_assets.settings import Settings
from tests.conftest import make_home
from tests.launcher.conftest import until
from tests.samples import payment, payments

SECONDS = PATIENCE + WORDS + 60
"""A process is over by then, on a machine that has other things to do."""

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
FILES = 6
WORK = 8.0
"""Seconds of a processor that an ingest works, about; the first half of them loads libraries."""


class Ingest:
    """`dropzone ingest` in a process of its own, started as a script starts it in its background: deaf to SIGINT."""

    def __init__(self, home: Path, *command: str, prelude: str = "") -> None:
        code = f"{prelude}\nfrom dropzone_assets.cli import main; main()"
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *(command or ("ingest",))],
            env={**os.environ, "DROPZONE_HOME": str(home), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        )

    def hears(self) -> bool:
        """Whether it has said what to do with signals, or is over."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        return self.process.poll() is not None or bool(caught >> (signal.SIGTERM - 1) & 1)

    def comes_to(self, moment: float) -> None:
        """Wait until it hears signals and has worked so many seconds of a processor, or is over."""
        until(self.hears)
        process = psutil.Process(self.process.pid)
        while self.process.poll() is None and sum(process.cpu_times()[:2]) < moment:
            time.sleep(0.01)

    def ends(self, number: signal.Signals, times: int = 1) -> tuple[int, str, float]:
        """Send a signal; its exit code, what it says to people, and how long it took to end."""
        begin = time.monotonic()
        for _ in range(times):
            self.process.send_signal(number)
            time.sleep(0.1)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said, time.monotonic() - begin


def send(home: Path, number: int) -> None:
    """Every file comes again, with other rows."""
    for n in range(FILES):
        lines = [payment(f"{number}-{n}-{k}", f"2024-05-{k + 1:02}", k + 1) for k in range(20)]
        (home / "dropzone" / f"payments_202405{n + 1:02}_100000.csv").write_text(payments(*lines))


def unfinished(home: Path) -> list[dg.DagsterRun]:
    with open_instance(Settings(home=home)) as instance:
        return list(instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)))


def ended_well(home: Path, number: signal.Signals, found: tuple[int, str, float]) -> None:
    """It has ended well: at once, with its code and one sentence, and no run is left that nobody works on."""
    code, said, seconds = found
    assert "Traceback" not in said
    assert (code, said.count(GO_ON)) == (CODES[number], 1), said
    assert seconds < SECONDS
    assert unfinished(home) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 6))])
def test_one_signal_at_any_moment_ends_an_ingest_and_the_next_one_goes_on(seed: int, tmp_path: Path) -> None:
    home, dice = make_home(tmp_path / "home"), random.Random(seed)
    for number in range(6):
        send(home, number)
        ingest = Ingest(home)
        ingest.comes_to(dice.uniform(0, WORK))
        signalled = dice.choice([*CODES])
        found = ingest.ends(signalled)
        if found[0] != 0:  # it was done
            ended_well(home, signalled, found)
    last = Ingest(home)
    last.process.communicate(timeout=180)
    assert last.process.returncode == 0
    platform = open_platform(Settings(home=home))
    states = [row.state for row in platform.ledger.queries.everything()]
    assert not {*PENDING, "failed"} & {*states}
    assert states.count("loaded") == FILES
    platform.ledger.engine.dispose()


@pytest.mark.parametrize(("ending", "said"), [("raise", ""), ("pass", ""), ("ignored", "a word of a library\n")])
def test_what_a_library_logs_of_being_interrupted_is_kept_from_people(ending: str, said: str) -> None:
    """SQLAlchemy logs what interrupts it while it closes a connection, with a traceback, and raises it again."""
    code = f"""
import logging, os, signal
from dropzone_assets import interrupts
interrupts.listen()
try:
    {"os.kill(os.getpid(), signal.SIGTERM)" if ending != "ignored" else "raise SystemExit(143)"}
except SystemExit:
    logging.getLogger("library").error("a word of a library")
    {"pass" if ending == "pass" else "raise"}
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0 if ending == "pass" else 143, said)


@pytest.mark.parametrize(("interrupted", "said"), [(True, 0), (False, 1)])
def test_an_interrupt_within_a_finaliser_is_kept_from_people(interrupted: bool, said: int) -> None:
    code = f"""
import os, signal
from dropzone_assets import interrupts
interrupts.listen()
class Thing:
    def __del__(self):
        {"os.kill(os.getpid(), signal.SIGINT)" if interrupted else "raise ValueError"}
thing = Thing()
del thing
raise SystemExit(interrupts.exit_code())
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stderr.count("Traceback")) == (130, said)


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_rebuild_that_is_interrupted_says_how_it_is_gone_on_with(number: signal.Signals, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    send(home, 0)
    code, said, seconds = _deaf(home, "rebuild").ends(number)
    assert (code, said.count(RESUMED["rebuild"]), "Traceback" in said) == (CODES[number], 1, False)
    assert seconds < SECONDS


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_second_signal_ends_it_at_once(number: signal.Signals, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    send(home, 0)
    code, _, seconds = _deaf(home).ends(number, times=2)
    assert code == CODES[number]
    assert seconds < SECONDS


@pytest.mark.full
def test_a_wait_that_hears_no_signal_ends_all_the_same(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    send(home, 0)
    code, said, seconds = _deaf(home).ends(signal.SIGINT)
    assert (code, said.count(GO_ON), "Traceback" in said) == (130, 1, False)
    assert seconds < SECONDS


def _deaf(home: Path, command: str = "ingest") -> Ingest:
    """A command that a signal does not wake, as in a library that catches what is raised, and begins again."""
    deaf = """
import os, pathlib, time
from dropzone_assets.orchestration import ingest
def look(self):
    pathlib.Path(os.environ["DROPZONE_HOME"], "deaf").touch()
    while True:
        try:
            time.sleep(60)
        except (KeyboardInterrupt, SystemExit):
            pass
ingest.Ingester.discover = ingest.Ingester.requests = look
"""
    found = Ingest(home, command, prelude=deaf)
    until((home / "deaf").exists)
    return found
