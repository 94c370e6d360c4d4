"""The Dagster instance: where runs and events are kept, made ready on first use."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import dagster as dg
from dagster_shared.check import CheckError
from filelock import FileLock
from sqlalchemy.exc import SQLAlchemyError
from yaml import YAMLError

from dropzone_assets.damage import RUNS, as_ours, of_system
from dropzone_assets.errors import BadSettings
from dropzone_assets.homes import STARTER
from dropzone_assets.orchestration.launcher.heartbeat import holder, left
from dropzone_assets.orchestration.launcher.liveness import daemon_lives, heartbeat_of, is_dead
from dropzone_assets.orchestration.launcher.pools import bury, free_pool
from dropzone_assets.orchestration.runs import POOL, REQUEST
from dropzone_assets.settings import Settings
from dropzone_assets.sqlite import write_ahead

TEMPLATE = STARTER / "dagster.yaml"
"""How Dagster runs, where nobody says otherwise."""

FORMER = {
    "24a47cc71f3e16dc",
    "dcd7266faf4f7f91",
    "b666acb2eceec2c7",
    "4f06939fc2fef6f9",
    "a39afca0750b3f08",
    "6fc8bad2b2f5ea00",
}
"""SHA-256 of what the template was once: such a copy, which nobody has changed, is replaced."""

FORMER_LAUNCHER, LAUNCHER = "dropzone_assets.launcher", "dropzone_assets.orchestration.launcher"

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def prepare_instance(settings: Settings) -> Path:
    """Make the instance's folder with its `dagster.yaml` and its databases, and look into each of them; the folder."""
    with open_instance(settings) as instance:
        instance.event_log_storage.get_concurrency_keys()
        instance.all_instigator_state()
        with _meant(settings.instance):
            _ = (instance.run_launcher, instance.run_coordinator)
        return settings.instance


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance of these settings, made where there is none.

    Two processes that open an empty instance at once would both create its database, so one waits for the other.

    Raises:
        BadSettings: `dagster.yaml` cannot be read as what it is.
        StoreDamaged: a database of Dagster's is damaged; so in the block, as long as it works.
    """
    write_ahead()
    home = settings.instance
    with _as_ours(home):
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / ".preparing"):
            _configure(home / "dagster.yaml", settings.home / "dagster.yaml")
            with _meant(home):
                instance = dg.DagsterInstance.from_config(str(home))
            instance.get_runs(limit=1)
        with instance:
            yield instance


@contextmanager
def _meant(home: Path) -> Iterator[None]:
    """What Dagster says of `dagster.yaml`, as ours."""
    try:
        yield
    except (dg.DagsterError, YAMLError, CheckError, ImportError, AttributeError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:300]
        cure = f"Correct it, or have the project's own: mv {home}/dagster.yaml {home}/dagster.yaml.old"
        raise BadSettings(f"{home}/dagster.yaml does not say how Dagster is to run: {said}", cure) from error


@contextmanager
def _as_ours(home: Path) -> Iterator[None]:
    """What SQLite says of Dagster's files, as ours; which file it is, it does not always say."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        broken = [file for file in sorted(home.rglob("*.db")) if not _reads(file)]
        if ours := as_ours(broken[0] if broken else home, str(error), RUNS):
            raise ours from error
        raise
    except OSError as error:
        if ours := of_system(error):
            raise ours from error
        raise


def _reads(file: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])
    except sqlite3.Error:
        return False


def _configure(file: Path, ours: Path) -> None:
    """Give Dagster its file: a link to that of the home, or a copy of the template. What a person wrote stays.

    Args:
        file: what Dagster reads.
        ours: what the home shows, where it has one.

    Raises:
        BadSettings: both are there, and differ; or a person's file names what has another name now.
    """
    if file.exists():
        _update(file.resolve())
    if file.is_symlink() and file.exists():
        return
    content = file.read_bytes() if file.exists() else TEMPLATE.read_bytes()
    written = content != TEMPLATE.read_bytes()
    staged = file.with_name(".dagster.yaml.new")
    staged.unlink(missing_ok=True)
    if ours.is_file() and ours.parent.resolve() == file.parent.parent.resolve():
        if written and content != ours.read_bytes():
            cure = f"Keep one: write what is right into {ours}, and remove the other."
            raise BadSettings(f"{ours} and {file} say different things.", cure)
        staged.symlink_to(Path("..") / ours.name)
    elif written:
        return
    else:
        shutil.copy(TEMPLATE, staged)
    staged.replace(file)


def _update(file: Path) -> None:
    """Give a file that was the template of an earlier release what the template says now."""
    content = file.read_bytes()
    if sha256(content).hexdigest()[:16] in FORMER:
        staged = file.with_name(".dagster.yaml.new")
        shutil.copy(TEMPLATE, staged)
        staged.replace(file)
    elif FORMER_LAUNCHER in content.decode(errors="replace"):
        found = f"{file} names {FORMER_LAUNCHER}, which is {LAUNCHER} now."
        raise BadSettings(found, "Write the new name into it.")


def bury_dead_runs(instance: dg.DagsterInstance, mine: Mapping[str, str]) -> list[dg.DagsterRun]:
    """Mark the runs whose process has died as failed, and give back what they and ended runs hold of the pools.

    A killed run keeps its place in a pool, for which every later step would wait, and its batch. Of runs that neither
    answer a request nor hold a place only those are marked that left a sign. One that was made again in the UI has the
    tags of the first, and is the launcher's.

    Args:
        instance: where the runs are.
        mine: the tags of runs that may live in this process only, and do not: it has not begun one yet.

    Returns:
        The runs that were dead.
    """
    buried = free_pool(instance, POOL)
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)):
        heartbeat = heartbeat_of(instance, run.run_id)
        own = run.parent_run_id is None and mine.items() <= run.tags.items()
        asked = REQUEST in run.tags
        if (own and not holder(heartbeat)) or (not own and (asked or left(heartbeat)) and is_dead(instance, run)):
            buried += bury(instance, run)
    return buried


def take_queued(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Cancel the runs that wait in the queue for a daemon where none runs; their requests are for who is here."""
    queued = instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]))
    asked = [run for run in queued if REQUEST in run.tags]
    if not asked or daemon_lives(instance):
        return []
    for run in asked:
        instance.report_run_canceled(run, "No daemon takes runs from the queue; dropzone ingest does its work.")
    return asked
