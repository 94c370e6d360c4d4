"""Validation: after all that happened, a home is as a fresh one to which the files of today came once."""

from collections.abc import Collection
from pathlib import Path

from tests.chaos.account import Account, account, undone
from tests.chaos.boundaries import Clock, wrapped
from tests.chaos.crossings import AFTER, BEFORE, Crossings
from tests.chaos.home import workshop
from tests.chaos.oracle import told
from tests.chaos.scenario import Scenario
from tests.chaos.world import Stuck, World


def run(scenario: Scenario, crossings: Crossings) -> list[str]:
    """Live through a scenario; what is wrong in the end."""
    clock = Clock()
    with workshop() as folder, wrapped(crossings, clock):
        world = World(folder / "home", crossings, clock, scenario.after)
        try:
            for step in scenario.steps:
                world.act(step.name, *step.arguments, faults=step.faults)
            world.settle()
            died = any(kind in (BEFORE, AFTER) for _, kind in crossings.happened)
            own = own_account(world)
            wrong = [*differences(own, fresh_account(folder, world)), *undone(world.platform, died=died)]
            return wrong + differences(own, told(world.counting, world.version))
        except Stuck as stuck:
            return [f"stuck: {stuck}"]
        finally:
            world.close()


def own_account(world: World) -> Account:
    """What a world holds, its source included."""
    return {**account(world.platform), "at the source": _there(world, world.withdrawn)}


def fresh_account(folder: Path, world: World) -> Account:
    """What a fresh home holds to which the files that count came once, and after them those that cannot be read."""
    fresh = World(folder / "fresh", world.crossings, world.clock, world.after)
    fresh.version = world.version
    for path, version in world.counting.items():
        fresh.write(path, version)
    fresh.settle()
    for path, versions in world.sent.items():
        if not versions[-1][1].readable and versions[-1][1] not in world.withdrawn.get(path, ()):
            fresh.write(path, versions[-1])
    fresh.settle()
    found = own_account(fresh) | {"at the source": _there(fresh, world.withdrawn)}
    fresh.close()
    return found


def differences(found: Account, expected: Account) -> list[str]:
    """What one account has and the other has not."""
    return [
        f"{name}: found {[row for row in found[name] if row not in expected[name]]} "
        f"instead of {[row for row in expected[name] if row not in found[name]]} ({len(found[name])} rows)"
        for name in expected
        if found[name] != expected[name]
    ]


def _there(world: World, withdrawn: Collection[str]) -> list[tuple[str, bytes]]:
    """The files at the source; whether one that was taken back had left before is a matter of time."""
    root = world.home / "dropzone"
    files = {str(file.relative_to(root)): file for file in root.rglob("*") if file.is_file()}
    return sorted((n, f.read_bytes()) for n, f in files.items() if n.removeprefix("done/") not in withdrawn)
