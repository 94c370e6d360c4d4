"""What is new and what is due: sensors that list, compare with the ledger, and ask for runs."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from time import monotonic, sleep

import dagster as dg

from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import FILES
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.orchestration.runs import history, no_files_gone, run_request, table_value
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.generations import stopped
from dropzone_assets.pipeline.plan import plan_alerts, plan_loads, plan_publications
from dropzone_assets.pipeline.unpublished import outage
from dropzone_assets.platform import Platform
from dropzone_assets.sources import SourceConfig
from dropzone_assets.upkeep.failed_folder import write_failed_folder
from dropzone_assets.upkeep.receipts import send_receipts
from dropzone_assets.upkeep.retire import retire
from dropzone_assets.upkeep.sweep import sweep

MOST = 20
"""Runs asked for in one tick: Dagster takes about 0.2 s for each and gives a tick 60 s."""

TICK = 5.0
"""Seconds that a tick waits for something to do. To wait costs a fraction of what Dagster takes for the next tick."""

PAUSE = 0.25
"""Seconds between two questions whether a partition is due."""

IDLE = 9
"""A sensor that waits rests this much longer than it looks, so that a look that takes long is not always at work."""

SOUND = [
    dg.AssetCheckKey(dg.AssetKey(["summary", INGESTION]), name)
    for name in ("contracts_sound", "stores_whole", "all_published")
]
"""Asked again whenever other contracts are broken, another store is lost, or other partitions fail, than last time."""

FAILED_FILES = "failed_files"
"""The job that fails while a file has failed: so the Overview shows what else only the checks of a table show."""

SHOWN = 20
"""Failed files that a run of it names."""

Answers = Iterator[dg.RunRequest | dg.SkipReason]


def source_sensor(config: SourceConfig, assets: Sequence[dg.AssetsDefinition]) -> dg.SensorDefinition:
    """Watch one source: new files go into the ledger, and one run per table and range of days is asked for.

    Args:
        assets: those of the platform, none of which is the project's that the platform may be a part of.
    """

    @dg.sensor(
        name=f"watch_{config.name}",
        target=dg.AssetSelection.assets(*assets),
        minimum_interval_seconds=max(1, int(config.poll_seconds)),
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Asks for runs that load what is new at {config.url}.",
    )
    def watch(context: dg.SensorEvaluationContext, dropzone: dg.ResourceParam[Platform]) -> Answers:
        for _ in _moments(context, config.poll_seconds):
            said, changed = _discover(dropzone, config.name)
            asked = [no_files_gone(table) for table in sorted(changed & {FILES, *dropzone.workable()})]
            lost = stopped(dropzone)
            requests = [] if lost else plan_loads(dropzone, history(context.instance))[:MOST]
            if requests or asked:
                break
        if asked:
            yield dg.RunRequest(asset_selection=[], asset_check_keys=asked)
        yield from map(run_request, requests)
        if not requests and not asked:
            yield dg.SkipReason(str(lost or said))

    return watch


def _moments(context: dg.SensorEvaluationContext, pause: float) -> Iterator[None]:
    """Now, and again after each pause until the tick is over. Only now where sensors share a thread: others wait."""
    start = monotonic()
    patience = TICK if context.instance.get_settings("sensors").get("use_threads") else 0.0
    rest = 0.0
    while not rest or monotonic() + rest < start + patience:
        sleep(rest)
        looking = monotonic()
        yield
        rest = max(pause, IDLE * (monotonic() - looking))


def _discover(platform: Platform, name: str) -> tuple[str, set[str]]:
    """Tell senders, let go what is loaded and take in what is new; what came of it.

    A failure of one keeps nobody from the others. Also the tables of which files are gone, or there again.
    """
    staying = ""
    for step in (send_receipts, retire):
        try:
            step(platform, name)
        except DropzoneError as error:
            staying = f"{staying} {error}".strip()
    try:
        discovered = discover(platform, name)
    except DropzoneError as error:
        return str(error), set()
    gone = f"{discovered.gone:,} gone from there. " if discovered.gone else ""
    said = (
        f"{discovered.seen:,} files seen at {name}: {discovered.new:,} new of which {discovered.refused:,} refused, "
        f"{discovered.waiting:,} not settled yet. {gone}Nothing to load that no run is working on. {staying}".strip()
    )
    return said, discovered.changed


def due_sensor(assets: Sequence[dg.AssetsDefinition]) -> dg.SensorDefinition:
    """Keep the lake and the summaries of `assets` up to date with the warehouse."""

    @dg.sensor(
        name="publish_due_partitions",
        target=dg.AssetSelection.assets(*assets),
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for runs that publish partitions whose rows have changed, and for checks of overdue days.",
    )
    def publish_due(context: dg.SensorEvaluationContext, dropzone: dg.ResourceParam[Platform]) -> Answers:
        sweep(dropzone)
        unkept = _failed_folder(dropzone)
        past = history(context.instance)
        for _ in _moments(context, PAUSE):
            lost = stopped(dropzone)
            alerts = plan_alerts(dropzone, past, now())  # first: what it writes down makes summaries due
            publications = [] if lost else plan_publications(dropzone, past)
            urgent = [*alerts, *(due for due in publications if due.table != INGESTION)]
            unsound = f"{' '.join(_unsound(dropzone))} {lost or ''} {outage(dropzone)}".strip()
            if urgent or unsound != (context.cursor or ""):
                break
        # The summary of what came in waits until nothing else does: rows come before their count.
        requests = (urgent or publications)[:MOST]
        yield from map(run_request, requests)
        if unsound != (context.cursor or ""):
            yield dg.RunRequest(asset_selection=[], asset_check_keys=SOUND)
            context.update_cursor(unsound)
        elif lost and not requests:
            yield dg.SkipReason(f"{lost} {unkept}".strip())
        elif not requests:
            due = sum(len(days) for days in dropzone.ledger.partitions.due().values())
            waiting = f"{due:,} partitions are due, each in a run that works on it or failed, or at rest."
            said = waiting if due else "The lake and the summaries hold what the warehouse holds."
            yield dg.SkipReason(f"{said} {unkept}".strip())

    return publish_due


def _unsound(platform: Platform) -> list[str]:
    """What is wrong with the contracts as they are now: those that are broken, tables of this process without one."""
    gone = sorted(platform.contracts.tables.keys() - platform.workable())
    return [*(error.found for error in platform.contracts_now().broken), *gone]


def failed_files_sensor() -> dg.SensorDefinition:
    """Say that files have failed, once for each change, where every page looks: in the runs."""

    @dg.sensor(
        name="watch_failed_files",
        job_name=FAILED_FILES,
        minimum_interval_seconds=5,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for a run when other files have failed than before: it fails, and passes once none has.",
    )
    def watch_failed(context: dg.SensorEvaluationContext, dropzone: dg.ResourceParam[Platform]) -> Answers:
        failed = sorted(row.key for row in dropzone.ledger.queries.failures())
        seen = sha256(" ".join(failed).encode()).hexdigest() if failed else ""
        if seen == (context.cursor or ""):
            yield dg.SkipReason(f"{len(failed):,} files have failed, as before." if failed else "No file has failed.")
            return
        yield dg.RunRequest()
        context.update_cursor(seen)

    return watch_failed


def failed_files_job() -> dg.JobDefinition:
    """A run of it fails while a file has failed, and names file, reason and cure."""

    @dg.op(description="Passes when no file has failed.")
    def no_file_has_failed(dropzone: dg.ResourceParam[Platform]) -> None:
        found = dropzone.ledger.queries.failures()
        if found:
            cases = [(row.table_name, row.path, row.stage, row.reason, row.cure) for row in found[:SHOWN]]
            names = ", ".join(sorted({row.path for row in found})[:3])
            raise dg.Failure(
                f"{len(found):,} failed: {names}{', …' if len(found) > 3 else ''}",
                metadata={"failed files": table_value(("table", "file", "stage", "reason", "what to do"), cases)},
                allow_retries=False,
            )

    @dg.job(name=FAILED_FILES, description="Fails while a file has failed.", executor_def=dg.in_process_executor)
    def failed_files() -> None:
        no_file_has_failed()

    return failed_files


def _failed_folder(platform: Platform) -> str:
    """Keep the folder of failures; why it cannot be kept, which is no reason to publish nothing."""
    try:
        write_failed_folder(platform)
    except DropzoneError as error:
        return str(error)
    return ""


def summary_schedule(assets: Sequence[dg.AssetsDefinition]) -> dg.ScheduleDefinition:
    """At 01:00 UTC every summary of yesterday is materialized, also those of tables that received nothing.

    Not those of tables whose contract is broken, inactive or gone: their runs would fail, and the others' with them.
    """
    summaries = [key for each in assets for key in each.keys if key.path[0] == "summary"]
    job = dg.define_asset_job("yesterday", dg.AssetSelection.assets(*summaries))

    @dg.schedule(
        name="yesterday_at_one",
        job=job,
        cron_schedule="0 1 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def yesterday(context: dg.ScheduleEvaluationContext, dropzone: dg.ResourceParam[Platform]) -> dg.RunRequest:
        day = context.scheduled_execution_time.date()
        mine = [dg.AssetKey(["summary", table]) for table in (*dropzone.workable(), INGESTION)]
        return dg.RunRequest(partition_key=(day - timedelta(days=1)).isoformat(), asset_selection=mine)

    return yesterday
