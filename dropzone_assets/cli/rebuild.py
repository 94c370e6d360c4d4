"""`dropzone rebuild`: finds which store is lost or an older copy, and makes it again from the others."""

from collections.abc import Sequence
from enum import StrEnum
from time import sleep
from typing import Annotated

import typer
from rich.markup import escape

from dropzone_assets.cli.show import as_json, err, here, out
from dropzone_assets.interrupts import letting_go
from dropzone_assets.upkeep.losses import Loss, losses
from dropzone_assets.upkeep.rebuild import Rebuild

PACE = 1.0
"""Seconds between two looks at the runs of a daemon."""


class Location(StrEnum):
    """What can be rebuilt."""

    ledger = "ledger"
    warehouse = "warehouse"
    lake = "lake"
    raw = "raw"


def rebuild(
    store: Annotated[Location | None, typer.Argument(metavar="STORE", help="ledger, warehouse, lake or raw.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make again what is lost of ledger, warehouse, lake and raw zone. Exit code 1 when some of it cannot be."""
    from dropzone_assets.orchestration.ingest import open_ingester
    from dropzone_assets.orchestration.instance import open_instance

    platform = here()
    found = losses(platform)
    _print(found)
    work = Rebuild(platform)
    with (
        open_instance(platform.settings) as instance,
        open_ingester(platform, instance) as ingester,
        letting_go(ingester.let_go),
    ):
        work.prepare(store.value if store else None)
        for sentence in work.done:
            err.print(sentence, soft_wrap=True, highlight=False, markup=False)
        with err.status("looking") as progress:
            while True:
                for request in ingester.requests():
                    progress.update(str(request))
                    ingester.run(request)
                if not work.is_in(ingester.other_batches()):
                    break
                progress.update("waiting for runs of a daemon")
                sleep(PACE)
    rest = [*work.remaining(), *((f"{request}: {why}", "") for request, why in ingester.result.failed_runs)]
    if json:
        lost = [{"store": loss.store, "table": loss.table, "found": loss.found} for loss in found]
        left = [{"found": what, "cure": cure} for what, cure in rest]
        as_json({"lost": lost, "done": work.done, "not_rebuilt": left, "healed": not rest})
    else:
        _print_rest(rest, something=bool(found or work.done))
    raise typer.Exit(bool(rest))


def _print(found: Sequence[Loss]) -> None:
    for loss in found:
        err.print(f"[bold red]Lost[/] {escape(loss.found)}", soft_wrap=True, highlight=False)


def _print_rest(rest: Sequence[tuple[str, str]], *, something: bool) -> None:
    for what, cure in rest:
        out.print(f"[bold red]Not rebuilt[/] {escape(what)} [dim]{escape(cure)}[/]", soft_wrap=True, highlight=False)
    if not rest:
        out.print("Rebuilt: nothing is missing any more." if something else "Nothing is lost.")
