"""`dropzone ingest` and `dropzone replay`: load what is new, or what had failed, and say what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dropzone_assets.cli.show import as_json, err, here, out, table
from dropzone_assets.platform import Platform

Force = Annotated[bool, typer.Option("--force", help="Load everything that was loaded before again.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def ingest(force: Force = False, json: Json = False) -> None:
    """Load everything new, through Dagster runs recorded on the instance. Exit code 1 when something failed."""
    platform = here()
    again = platform.ledger.deliveries.load_again() if force else 0
    raise typer.Exit(ingest_all(platform, json=json, again=again))


def replay(table_name: Annotated[str, typer.Argument(metavar="TABLE", help="All tables when left out.")] = "") -> None:
    """Try failed deliveries again, after their cause has been cured."""
    platform = here()
    if table_name:
        platform.contract(table_name)
    count = platform.ledger.deliveries.reopen(table_name)
    err.print(f"{count:,} failed deliveries are tried again.")
    raise typer.Exit(ingest_all(platform, json=False, again=count))


def ingest_all(platform: Platform, *, json: bool, again: int = 0) -> int:
    """Run an ingest with a progress bar and print what came of it; the exit code."""
    from dropzone_assets.ingest import open_ingester
    from dropzone_assets.instance import open_instance

    before = {row.key for row in platform.ledger.deliveries.failures()}
    with open_instance(platform.settings) as instance, open_ingester(platform.settings, platform, instance) as ingester:
        seen = ingester.look()
        pending = platform.ledger.deliveries.pending()
        try:
            with _progress(platform, pending) as say:
                for request in ingester.requests():
                    say(str(request))
                    ingester.run(request)
        except KeyboardInterrupt:
            err.print("Interrupted. Nothing is lost and nothing doubled: run dropzone ingest to go on.")
            return 130
    failures = [row for row in platform.ledger.deliveries.failures() if row.key not in before]
    runs = [{"run": str(request), "why": why} for request, why in ingester.result.failed_runs]
    result = {
        "files_seen": seen.seen,
        "files_new": seen.new,
        "files_not_settled": seen.waiting,
        "files_in_other_runs": platform.ledger.deliveries.pending(),
        "files_loaded": pending - platform.ledger.deliveries.pending() - len(failures) + seen.refused,
        "files_failed": len(failures),
        "runs": len(ingester.result.runs),
        "runs_failed": runs,
        "failures": [{"file": f.path, "stage": f.stage, "reason": f.reason, "cure": f.cure} for f in failures],
    }
    as_json(result) if json else _tell(platform, result, bool(pending or again))
    return 1 if failures or runs else 0


def _tell(platform: Platform, result: dict[str, Any], busy: bool) -> None:
    for broken in platform.contracts.broken:
        err.print(f"[yellow]Contract left out:[/] {broken}")
    if not busy and not result["runs"] and not result["files_failed"]:
        out.print(f"Nothing new: all {result['files_seen']:,} files at the sources were loaded before.")
    elif result["runs"]:
        out.print(f"{result['files_loaded']:,} files loaded in {result['runs']:,} runs. See: dropzone status.")
    if result["files_in_other_runs"]:
        out.print(f"{result['files_in_other_runs']:,} files are in runs of another process. See: dropzone status.")
    if result["files_not_settled"]:
        out.print(f"{result['files_not_settled']:,} files are still being written; they are taken next time.")
    if result["failures"]:
        table("Failed deliveries", ("file", "stage", "reason", "what to do"), [f.values() for f in result["failures"]])
    if result["runs_failed"]:
        table("Failed runs", ("run", "why"), [run.values() for run in result["runs_failed"]])


@contextmanager
def _progress(platform: Platform, total: int) -> Iterator[Any]:
    """A bar that follows the ledger: it moves when files are loaded, whoever loads them."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    done = Event()
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("looking", total=total or None)

        def follow() -> None:
            while not done.wait(0.3):
                progress.update(bar, completed=total - platform.ledger.deliveries.pending())

        thread = Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield lambda text: progress.update(bar, description=text)
        finally:
            done.set()
            thread.join()
