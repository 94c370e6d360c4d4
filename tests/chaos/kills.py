"""Kills: processes at the work of `dropzone ingest` end by kill -9 at any moment, and others go on."""

import multiprocessing
import os
import random
import signal
import warnings
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import sleep

from rich.console import Console

from dropzone_assets.orchestration.instance import open_instance
from dropzone_assets.settings import Settings
from tests.chaos.account import undone
from tests.chaos.boundaries import Clock, wrapped
from tests.chaos.crossings import Crossings
from tests.chaos.home import make_home, workshop
from tests.chaos.scenario import sent
from tests.chaos.validation import differences, fresh_account, own_account
from tests.chaos.world import World
from tests.conftest import ingest_home

KILLS = 5
"""Of one home, before it is validated."""


def work(home: Path, started: Connection) -> None:
    """What `dropzone ingest` does, in a process group of its own."""
    os.setsid()
    warnings.simplefilter("ignore")
    started.send(os.getpid())
    with open_instance(Settings(home=home, threads=1)) as instance:
        ingest_home(home, instance, well=False)


def start(home: Path) -> ForkServerProcess:
    """Another process at work; it is past its imports."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.kills"])
    here, there = context.Pipe()
    process = context.Process(target=work, args=(home, there))
    process.start()
    assert here.recv() == process.pid
    return process


def killed(seed: int, kills: int, console: Console | None = None) -> list[str]:
    """Kill so many processes in homes of their own; what is wrong in the end."""
    wrong: list[str] = []
    for number, first in enumerate(range(0, kills, KILLS)):
        found = _home_of_kills(random.Random(f"{seed}/kills/{number}"), min(KILLS, kills - first))
        wrong += [f"home {number}: {each}" for each in found]
        if console:
            console.print(f"{first + KILLS} of {kills} kills -9: {found or 'nothing lost, doubled or stuck'}")
    return wrong


def _home_of_kills(dice: random.Random, kills: int) -> list[str]:
    crossings, clock = Crossings(), Clock()
    with workshop() as folder:
        world = World(make_home(folder / "home"), crossings, clock)
        for _ in range(kills):
            for _ in range(3):
                step = sent(dice)
                world.act(step.name, *step.arguments)
            _kill(world.home, dice.uniform(0, 6))
        with wrapped(crossings, clock):
            world.settle()
            found, expected = own_account(world), fresh_account(folder, world)
            wrong = [*differences(found, expected), *undone(world.platform, died=True)]
            world.close()
            return wrong


def _kill(home: Path, seconds: float) -> None:
    """Let one process work so long; one that is done by then has nothing to fear."""
    process = start(home)
    sleep(seconds)
    if process.is_alive():
        assert process.pid
        os.killpg(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
