"""Which runs live, and whether a daemon does: told by the signs of their processes, in whatever process one asks."""

import os
from pathlib import Path
from time import time

import dagster as dg

from dropzone_assets.orchestration.launcher.heartbeat import give, holder, left

AT_BIRTH = 2.0
"""Seconds without a sign in which a run may still be on its way from the instance to its launcher."""

UNSIGNED = 60.0
"""Seconds without an event after which a run that never gave a sign has died; Dagster's own launcher takes its time."""

HEARTBEAT = 60.0
"""Seconds after its last heartbeat in which a daemon that gives no sign is taken to live; it has one each 30."""

_KEPT: list[object] = []
"""Signs that this process gives to its end."""


def heartbeat_of(instance: dg.DagsterInstance, run_id: str) -> Path:
    """Where a run gives its sign of life."""
    return Path(instance.root_directory) / "workers" / run_id


def birth_of(instance: dg.DagsterInstance, run_id: str) -> Path:
    """Where the process that is making the one of a run gives its sign of life meanwhile."""
    return Path(instance.root_directory) / "births" / run_id


def announce_daemon(instance: dg.DagsterInstance) -> None:
    """This process is a daemon, to its end."""
    folder = _daemons(instance)
    for heartbeat in folder.glob("*"):
        if left(heartbeat):
            heartbeat.unlink(missing_ok=True)
    _KEPT.append(give(folder / str(os.getpid())))


def daemon_lives(instance: dg.DagsterInstance) -> bool:
    """Whether a daemon takes runs from the queue of this instance."""
    if any(map(holder, _daemons(instance).glob("*"))):
        return True
    if getattr(instance.run_coordinator, "announces", False):
        return False
    return any(time() - beat.timestamp < HEARTBEAT for beat in instance.get_daemon_heartbeats().values())


def is_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether the process of a run that has not ended is gone, or never was.

    A run without any sign is on its way to its launcher, was begun by a process that has died since, or is one of
    Dagster's own launcher that is still importing.
    """
    heartbeat = heartbeat_of(instance, run.run_id)
    if holder(heartbeat) or holder(birth_of(instance, run.run_id)):
        return False
    if left(heartbeat):
        return True
    announced = getattr(instance.run_coordinator, "announces", False)
    patience = AT_BIRTH if announced and not daemon_lives(instance) else UNSIGNED
    return not holder(heartbeat) and _silence(instance, run) > patience


def _silence(instance: dg.DagsterInstance, run: dg.DagsterRun) -> float:
    """Seconds since the last event of a run, or since it was made."""
    events = instance.get_records_for_run(run.run_id, limit=1, ascending=False).records
    record = instance.get_run_record_by_id(run.run_id)
    last = events[0].timestamp if events else record.create_timestamp.timestamp() if record else 0.0
    return time() - last


def _daemons(instance: dg.DagsterInstance) -> Path:
    return Path(instance.root_directory) / "daemons"
