"""Operators: real processes are killed, stores lost or rolled back, and one command, or the daemon alone, goes on."""

import multiprocessing
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import psutil
from rich.console import Console

from dropzone_assets.cli.app import COMMANDS
from dropzone_assets.ledger.states import FAILED
from dropzone_assets.orchestration.instance import prepare_instance
from dropzone_assets.orchestration.launcher.heartbeat import holder
from dropzone_assets.settings import Settings
from tests.chaos.account import account, undone
from tests.chaos.boundaries import Clock
from tests.chaos.crossings import Crossings
from tests.chaos.home import make_home, workshop
from tests.chaos.oracle import told
from tests.chaos.scenario import sent
from tests.chaos.validation import differences
from tests.chaos.world import Stuck, World

INGEST = "dropzone_assets.orchestration.ingest"

LIFE = 10
"""Rounds of one home."""

PATIENCE = 600.0
"""Seconds after which what is not done is stuck; a busy machine takes its time."""

WORK = 5.0
"""Seconds of a processor that an ingest works, about."""

VICTIMS = (("daemon",), ("worker",), ("daemon", "worker"), ("all",))
STORES = {
    "ledger": "ledger.sqlite*",
    "warehouse": "warehouse.duckdb*",
    "lake": "lake",
    "raw zone": "raw",
    "partition": "lake/*/*/*/*/*.parquet",
    "raw object": "raw/*/*/*",
}
"""What may be lost, and where it is; the last two lose one file."""


class Outcome(NamedTuple):
    """What happened, and what is wrong in the end, round by round."""

    happened: Counter[str]
    wrong: list[str]


def called(home: Path, words: tuple[str, ...], started: Connection) -> None:
    """`dropzone …` in a process that has its libraries loaded, and a session of its own."""
    os.setsid()
    os.environ.update(DROPZONE_HOME=str(home), COLUMNS="200")
    log = os.open(home / "said.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.argv = ["dropzone", *words]
    started.send(os.getpid())
    from dropzone_assets.cli import main

    main()


def daemon(home: Path, started: Connection) -> None:
    """Dagster's daemon, as `dropzone up` starts it, without the UI."""
    os.setsid()
    os.environ.update(DROPZONE_HOME=str(home), DAGSTER_HOME=str(home / "dagster"))
    log = os.open(home / "said.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    started.send(os.getpid())
    prepare_instance(Settings.from_env())
    command = [sys.executable, "-W", "ignore", "-m", "dagster._daemon", "run", "-m", "dropzone_assets.definitions"]
    os.execv(sys.executable, command)


@contextmanager
def process(work: Callable[..., None], *of: object) -> Iterator[psutil.Process]:
    """A real process, which is gone in the end, with all that it has started."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["tests.chaos.operators", "dropzone_assets.orchestration.ingest", "dropzone_assets.cli.ingest"]
    )
    here, there = context.Pipe()
    begun = context.Process(target=work, args=(*of, there))
    begun.start()
    found = psutil.Process(here.recv())
    try:
        yield found
    finally:
        _kill(found, "all")
        begun.join()


class Round:
    """One home and what befalls it."""

    def __init__(self, world: World, dice: random.Random, happened: Counter[str]) -> None:
        self.world = world
        self.dice = dice
        self.happened = happened
        self.kept = world.home.parent / "older"

    def live(self, *, losses: bool) -> list[str]:
        """Files come, somebody is killed, something is lost, somebody goes on; what is wrong then."""
        for _ in range(3):
            step = sent(self.dice)
            if not step.arguments or getattr(step.arguments[-1], "readable", True):
                self.world.act(step.name, *step.arguments)
        self.world.close()
        by_ingest = self.dice.random() < 0.6
        self._ingest_killed() if by_ingest else self._daemon_killed()
        if losses and self.dice.random() < 0.4:
            self._lose()
        (self._go_on_by_ingest if self.dice.random() < 0.6 else self._go_on_by_daemon)()
        self.world.calm = set(self.world.sent)
        found = account(self.world.platform)
        wrong = [*differences(found, told(self.world.counting, self.world.version)), *self._undone()]
        self.world.close()
        return wrong

    def _ingest_killed(self) -> None:
        moment = self.dice.uniform(0, WORK)
        with process(called, self.world.home, ("ingest",)) as at_work:
            while _works(at_work) and _used(at_work) < moment:
                sleep(0.01)
            self.happened["ingest killed" if _works(at_work) else "ingest was done"] += 1

    def _daemon_killed(self) -> None:
        """The daemon is killed, or its run, or both at once; what lives of them then is killed in the end, or left."""
        victims = self.dice.choice(VICTIMS)
        with process(daemon, self.world.home) as at_work:
            deadline = monotonic() + PATIENCE
            while not _workers(self.world.home) and not self._done() and _works(at_work) and monotonic() < deadline:
                sleep(0.02)
            sleep(self.dice.uniform(0, 2))
            for victim in victims:
                _kill(at_work, victim, self.world.home)
            self.happened[f"killed: {' and '.join(victims)}"] += 1
            if victims == ("daemon",):
                self._until(lambda: not _workers(self.world.home))
        self.world.close()

    def _go_on_by_ingest(self) -> None:
        self.happened["gone on by ingest alone"] += 1
        deadline = monotonic() + PATIENCE
        while True:
            self._call("ingest")
            if any(row.state == FAILED for row in self.world.platform.ledger.queries.everything()):
                self.happened["replayed"] += 1
                self._call("replay")
            if self._done():
                return
            if monotonic() > deadline:
                raise Stuck(f"{self._undone()}; {self._said()}")

    def _go_on_by_daemon(self) -> None:
        self.happened["gone on by the daemon alone"] += 1
        with process(daemon, self.world.home):
            self._until(self._done)
            self._until(lambda: not _workers(self.world.home))

    def _call(self, *words: str) -> int:
        before = len(self._said(None))
        with process(called, self.world.home, words) as at_work:
            code = at_work.wait(PATIENCE)
        said = self._said(None)[before:]
        if "Traceback" in said:
            raise Stuck(f"dropzone {' '.join(words)}: {said[-2000:]}")
        return int(code or 0)

    def _lose(self) -> None:
        """A store is lost or rolled back; what `status` names is done."""
        what = self.dice.choice([*STORES])
        back = self.dice.random() < 0.4 and self.kept.exists()
        home, root = self.world.home, self.kept if back else None
        locations = sorted(home.glob(STORES[what]))
        one = self.dice.sample(locations, min(1, len(locations))) if what in ("partition", "raw object") else locations
        for location in one:
            shutil.rmtree(location) if location.is_dir() else location.unlink()
        for location in sorted(root.glob(STORES[what])) if root and one is locations else ():
            there = home / location.relative_to(self.kept)
            shutil.copytree(location, there) if location.is_dir() else shutil.copy2(location, there)
        self.happened[f"{what} {'rolled back' if back and one is locations else 'lost'}"] += 1
        before = len(self._said(None))
        self._call("status")
        self.happened["named by status"] += "Lost" in self._said(None)[before:]
        if self._call("rebuild"):
            raise Stuck(f"{what}: dropzone rebuild ended with a failure: {self._said()}")

    def keep(self) -> None:
        """Now and then the stores as they are, with no process at work, are kept to be put back later."""
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir()
        for pattern in ("ledger.sqlite*", "warehouse.duckdb*", "lake", "raw"):
            for location in self.world.home.glob(pattern):
                there = self.kept / location.name
                shutil.copytree(location, there) if location.is_dir() else shutil.copy2(location, there)

    def _undone(self) -> list[str]:
        return undone(self.world.platform, died=True)

    def _done(self) -> bool:
        """Whether everything that has come is loaded and published."""
        books = self.world.platform.ledger
        return self._current() and not (
            books.claims.pending() or books.partitions.due() or books.partitions.unsummarised()
        )

    def _current(self) -> bool:
        """Whether the present version of each file has been listed."""
        root = self.world.home / "dropzone"
        known = {(row.path, row.version) for row in self.world.platform.ledger.queries.everything()}
        source = self.world.platform.sources.get("dropzone")
        assert source
        return all((path, source.version(path)) in known for path in self.world.sent if (root / path).exists())

    def _until(self, true: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE
        while not true():
            if monotonic() > deadline:
                raise Stuck(f"{self._undone()}; {self._said()}")
            sleep(0.1)

    def _said(self, last: int | None = 2000) -> str:
        log = self.world.home / "said.log"
        return log.read_text(errors="replace")[-last if last else 0 :] if log.exists() else ""


def operated(seed: int, rounds: int, console: Console | None = None) -> Outcome:
    """So many rounds; those of a home end with the first that goes wrong."""
    outcome = Outcome(Counter(), [])
    losses = "rebuild" in COMMANDS
    for first in range(0, rounds, LIFE):
        dice = random.Random(f"{seed}/operators/{first}")
        with workshop() as folder:
            world = World(make_home(folder / "home"), Crossings(), Clock())
            life = Round(world, dice, outcome.happened)
            for number in range(first, min(first + LIFE, rounds)):
                begin = monotonic()
                try:
                    wrong = life.live(losses=losses)
                except Stuck as stuck:
                    wrong = [f"stuck: {stuck}"]
                outcome.wrong.extend(f"round {number}: {each}" for each in wrong)
                if console:
                    found = wrong or "nothing lost, doubled or stuck"
                    console.print(
                        f"round {number} ({monotonic() - begin:.0f} s): {found}", highlight=False, markup=False
                    )
                if wrong:
                    break
                if dice.random() < 0.3:
                    life.keep()
            world.close()
    return outcome


def _works(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _used(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(sum(process.cpu_times()[:2]))
    return 0.0


def _workers(home: Path) -> list[int]:
    heartbeats = home / "dagster" / "workers"
    return [pid for sign in heartbeats.glob("[!.]*") if (pid := holder(sign))] if heartbeats.exists() else []


def _kill(process: psutil.Process, what: str, home: Path | None = None) -> None:
    """End the daemon, its runs, or it and everything that it has started, as the system does when memory is short."""
    with suppress(psutil.NoSuchProcess):
        below = process.children(recursive=True)
        mine = {"daemon": [process.pid], "worker": _workers(home) if home else []}
        for pid in mine.get(what, [process.pid, *(each.pid for each in below)]):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
