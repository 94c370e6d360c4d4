"""`dropzone ingest` and `dropzone replay`: load what is new, or what had failed, and say what came of it."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dropzone_assets.cli.show import as_json, err, here, out, problem, table
from dropzone_assets.contracts import Contract
from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import FILES
from dropzone_assets.interrupts import letting_go
from dropzone_assets.pipeline.revalidate import Revalidated, revalidate, revalidated
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.failed_folder import write_failed_folder
from dropzone_assets.upkeep.losses import losses

if TYPE_CHECKING:
    from dropzone_assets.orchestration.ingest import Ingested

Force = Annotated[bool, typer.Option("--force", help="Load everything that was loaded before again.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def ingest(force: Force = False, json: Json = False) -> None:
    """Load everything new, through Dagster runs recorded on the instance. Exit code 1 when something failed."""
    platform = here()
    prepare = platform.ledger.replays.load_again if force else None
    raise typer.Exit(ingest_all(platform, json=json, prepare=prepare))


def replay(
    table_name: Annotated[str, typer.Argument(metavar="TABLE", help="All tables when left out.")] = "",
    move: Annotated[bool, typer.Option("--move", help="Rows that are refused now go into quarantine.")] = False,
) -> None:
    """Try failed deliveries again; with TABLE, validate again what an earlier contract has validated."""
    platform = here()
    contract = platform.contract(table_name) if table_name else None
    again: list[str] = []

    def reopen() -> None:
        count = platform.ledger.replays.reopen(table_name)
        count += platform.ledger.replays.share_again(table_name) if contract and contract.selects else 0
        err.print(f"{_many(count, 'file')} to try again.")
        again.extend(revalidate(platform, contract, move=move) if contract else ())

    code = ingest_all(platform, json=False, prepare=reopen)
    if contract and again:
        _print_revalidated(contract, revalidated(platform, again))
    raise typer.Exit(code)


def _print_revalidated(contract: Contract, found: Revalidated) -> None:
    out.print(
        f"{_many(found.files, 'file')} validated again by version {contract.version} of {contract.table}: "
        f"{_many(found.released, 'row')} more, {found.withdrawn:,} fewer, {found.changed:,} changed."
    )
    if found.kept:
        out.print(
            f"{_many(found.kept, 'row')} valid before would be refused now and stayed as they were. "
            f"To move them into quarantine: dropzone replay {contract.table} --move"
        )


def ingest_all(
    platform: Platform,
    *,
    json: bool,
    prepare: Callable[[], object] | None = None,
    said: Mapping[str, Any] | None = None,
) -> int:
    """Run an ingest with a progress bar and print what came of it; the exit code.

    Args:
        prepare: changes the ledger first, once no other ingest can be at work.
        said: stands first in the JSON document.
    """
    from dropzone_assets.orchestration.ingest import open_ingester
    from dropzone_assets.orchestration.instance import open_instance

    with (
        open_instance(platform.settings) as instance,
        open_ingester(platform, instance) as ingester,
        letting_go(ingester.let_go),
    ):
        if prepare:
            prepare()
        before = {row.key for row in platform.ledger.queries.failures()}
        ingester.discover()
        last = platform.ledger.queries.last_entry()
        try:
            with _progress(platform, platform.ledger.claims.pending()) as say:
                for request in ingester.requests():
                    say(str(request))
                    ingester.run(request)
        finally:
            _failed_folder(platform)
        others = ingester.other_batches()
    failures = [row for row in platform.ledger.queries.failures() if row.key not in before]
    result = {**(said or {}), **_result(platform, ingester.result, failures, last)}
    result |= {"files_in_other_runs": sum(others.values()), "files_waiting": list(_waiting(platform, others))}
    as_json(result) if json else _print(platform, result)
    wrong = ("files_failed", "runs_failed", "lost", "sources_unavailable", "files_waiting")
    return 1 if any(result[name] for name in wrong) else 0


def _result(platform: Platform, seen: "Ingested", failures: Sequence[Any], last: int) -> dict[str, Any]:
    """What an ingest came to, for machines. `last`: the last entry of the journal before it."""
    lost = losses(platform)
    return {
        "lost": [{"store": loss.store, "table": loss.table, "found": loss.found, "cure": loss.cure} for loss in lost],
        "sources_unavailable": [
            {"source": name, "why": error.found, "cure": error.cure} for name, error in seen.unavailable.items()
        ],
        "files_seen": seen.seen,
        "files_new": seen.new,
        "files_gone": seen.gone,
        "files_not_settled": seen.waiting,
        "files_loaded": platform.ledger.queries.worked_on(last),
        "files_taken_back": platform.ledger.queries.taken_back(last),
        "files_failed": len(failures),
        "runs": len(seen.runs),
        "runs_failed": [{"run": str(request), "why": why} for request, why in seen.failed_runs],
        "runs_found_dead": seen.died,
        "runs_taken_over": seen.queued,
        "failures": [{"file": f.path, "stage": f.stage, "reason": f.reason, "cure": f.cure} for f in failures],
    }


def _failed_folder(platform: Platform) -> None:
    """Keep the folder of failures; that it cannot be kept is said, and stops nothing."""
    try:
        write_failed_folder(platform)
    except DropzoneError as error:
        problem(error)


def _print(platform: Platform, result: dict[str, Any]) -> None:
    for broken in platform.contracts.broken:
        err.print(f"[yellow]Contract left out:[/] {broken}")
    for loss in result["lost"]:
        err.print(f"[bold red]Lost:[/] {escape(loss['found'])} [dim]{escape(loss['cure'])}[/]")
    for source in result["sources_unavailable"]:
        err.print(f"[bold red]Source left out:[/] {escape(source['why'])} [dim]{escape(source['cure'])}[/]")
    for sentence in _sentences(result):
        out.print(sentence)
    if result["failures"]:
        table("Failed deliveries", ("file", "stage", "reason", "what to do"), [f.values() for f in result["failures"]])
    if result["runs_failed"]:
        table("Failed runs", ("run", "why"), [run.values() for run in result["runs_failed"]])
    older = len(platform.ledger.queries.failures()) - result["files_failed"]
    if older:
        out.print(f"{_many(older, 'file')} had failed before. See: dropzone status.")


def _waiting(platform: Platform, others: Collection[str]) -> Iterator[dict[str, Any]]:
    """The files that nobody works on, by what they wait for."""
    for table_name, reason, cure, count in platform.ledger.claims.unattended(others):
        if table_name != FILES and (asleep := platform.contracts.why_not(table_name)):
            reason, cure = asleep.found, asleep.cure
        elif not reason:
            reason, cure = f"The run that should load them for {table_name} has failed.", "See: dropzone status."
        yield {"files": count, "table": table_name, "why": reason, "cure": cure}


def _sentences(result: dict[str, Any]) -> Iterator[str]:
    if result["runs_found_dead"]:
        yield f"{_many(result['runs_found_dead'], 'run')} had ended without a word; what was theirs is free again."
    if result["runs_taken_over"]:
        yield f"{_many(result['runs_taken_over'], 'run')} waited for a daemon that is not there; this did their work."
    if result["files_taken_back"]:
        yield f"{_many(result['files_taken_back'], 'file')} taken back."
    if result["files_loaded"]:
        yield f"{_many(result['files_loaded'], 'file')} loaded in {_many(result['runs'], 'run')}. See: dropzone status."
    elif result["runs"] and not result["runs_failed"] and not result["files_failed"]:
        yield f"No file to load; {_many(result['runs'], 'run')} brought the lake up to date."
    elif not any(
        result[each] for each in ("lost", "files_failed", "files_in_other_runs", "files_waiting", "runs_failed")
    ):
        yield f"Nothing new among {_many(result['files_seen'], 'file')} at the sources."
    if result["files_in_other_runs"]:
        yield f"{_many(result['files_in_other_runs'], 'file')} are in runs of another process, which is at work."
    for waiting in result["files_waiting"]:
        left = f"{_many(waiting['files'], 'file')} of {waiting['table']} could not be loaded:"
        yield f"{left} {escape(waiting['why'])} {escape(waiting['cure'])}"
    if result["files_gone"]:
        yield f"{_many(result['files_gone'], 'file')} gone without our doing. See: dropzone status."
    if result["files_not_settled"]:
        yield f"{_many(result['files_not_settled'], 'file')} may still be written to; they are taken next time."


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


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
                progress.update(bar, completed=total - platform.ledger.claims.pending())

        thread = Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield lambda text: progress.update(bar, description=text)
        finally:
            done.set()
            thread.join()
