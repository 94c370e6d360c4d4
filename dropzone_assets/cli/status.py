"""`dropzone status`: where everything is on its way, per table and per file."""

from datetime import datetime
from fnmatch import fnmatch
from typing import Annotated, Any

import typer
from rich.markup import escape

from dropzone_assets.cli.failed import show_failed
from dropzone_assets.cli.show import as_json, here, out, table
from dropzone_assets.contracts import Contract
from dropzone_assets.holders import held_for_long
from dropzone_assets.inspect.delivery_status import asleep
from dropzone_assets.ledger import SAFE, now
from dropzone_assets.pipeline.completeness import day_statuses, expected_days
from dropzone_assets.pipeline.overdue import overdue
from dropzone_assets.pipeline.unpublished import unpublished
from dropzone_assets.platform import Platform
from dropzone_assets.proof.check_results import what_to_do
from dropzone_assets.upkeep.losses import losses

STATES = (
    *("listed", "fetched", "loaded", "linked", "superseded", "failed", "retracting", "retracted"),
    *("opened", "stored", "sidecar"),
)

PER_FILE = (
    "path",
    "table_name",
    "file_date",
    "state",
    "rows_read",
    "valid",
    "quarantined",
    "arrived",
    "loaded_at",
    "leaving",
)

PRINTED = {
    "source": "source",
    "path": "file",
    "state": "state",
    "rows_read": "rows",
    "quarantined": "refused",
    "loaded_at": "loaded (UTC)",
}
"""Fields of a delivery that fit on a line → what they are called there."""

PRINTED_OF_TABLE = {
    "loaded": "files",
    "listed": "pending",
    "failed": "failed",
    "rows_read": "rows",
    "quarantined": "refused",
    "duplicates": "doubles",
    "lake_rows": "in lake",
    "due": "due",
}
"""Counts of a table that fit on a line → what they are called there; --json has them all."""

SHOWN = 100


def status(
    table_name: Annotated[str, typer.Argument(metavar="TABLE", help="All tables when left out.")] = "",
    files: Annotated[bool, typer.Option("--files", help="One line a file instead of one a table.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only what has failed or waits, and what to do.")] = False,
    file: Annotated[str, typer.Option("--file", help="Only files with this name; * matches anything.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document, with all files.")] = False,
) -> None:
    """Say where every file is, and what every table holds."""
    platform = here()
    if table_name:
        platform.contract(table_name)
    if failed:
        show_failed(platform, table_name, json=json)
        return
    tables = [row for row in _tables(platform) if not table_name or row["table"] == table_name]
    if json:
        found = {"tables": tables, "files": _files(platform, table_name, file), "days": _days(platform, table_name)}
        found |= {"broken_contracts": _broken(platform), "lost": [loss._asdict() for loss in losses(platform)]}
        found["waiting_for_contracts"] = [each._asdict() for each in asleep(platform)]
        holder = held_for_long(platform.settings.warehouse)
        as_json({**found, "warehouse_held_by": holder and holder._asdict()})
    elif files or file:
        _print_files(_files(platform, table_name, file))
    else:
        for loss in losses(platform):
            out.print(f"[bold red]Lost[/] {escape(loss.found)} [dim]{escape(loss.cure)}[/]", highlight=False)
        if holder := held_for_long(platform.settings.warehouse):
            held = f"{platform.settings.warehouse} is held by {holder}: nothing can be loaded or published meanwhile."
            cure = "Close that program, unless it is at work for this home; the daemon goes on by itself."
            out.print(f"[bold red]Held[/] {escape(held)} [dim]{cure}[/]", highlight=False)
        _print_tables(platform, tables)
        _print_unpublished(platform, table_name)
        _print_overdue(platform, table_name)


def _tables(platform: Platform) -> list[dict[str, Any]]:
    """One row a table; files that no contract recognises come under the empty name."""
    found: dict[str, dict[str, Any]] = {name: _blank(name) for name in platform.contracts.tables}
    for row in platform.ledger.queries.per_table():
        line = found.setdefault(row.table_name, _blank(row.table_name))
        line[row.state] = row.files
        if row.state == "loaded":
            line |= {name: getattr(row, name) for name in ("rows_read", "valid", "quarantined")}
            line["last_loaded"] = row.loaded_at
    for held in platform.ledger.partitions.per_table():
        line = found.setdefault(held.table_name, _blank(held.table_name))
        line |= {"partitions": held.partitions, "lake_rows": held.lake_rows, "due": held.due}
        line["duplicates"] = held.valid - held.lake_rows
    return list(found.values())


def _blank(name: str) -> dict[str, Any]:
    counts = (*STATES, "rows_read", "valid", "quarantined", "duplicates", "lake_rows", "partitions", "due")
    return {"table": name, **dict.fromkeys(counts, 0), "last_loaded": None}


def _files(platform: Platform, table_name: str, pattern: str) -> list[dict[str, Any]]:
    names = ("source", *PER_FILE, "stage", "reason", "cure", "same_as", "content_hash", "key")
    rows = platform.ledger.queries.everything(table_name)
    mine = [row for row in rows if not pattern or fnmatch(row.path, pattern) or fnmatch(row.path, f"*/{pattern}")]
    return [{name: getattr(row, name) for name in names} for row in mine]


def _expecting(platform: Platform, table_name: str) -> list[Contract]:
    found = platform.contracts.tables.values()
    return [contract for contract in found if contract.expected and table_name in ("", contract.table)]


def _days(platform: Platform, table_name: str) -> list[dict[str, Any]]:
    """Every day for which files are expected, with how it stands and why."""
    at = now()
    return [
        {**one._asdict(), "evidence": one.evidence}
        for contract in _expecting(platform, table_name)
        for one in day_statuses(platform, contract, expected_days(platform, contract, at), at)
    ]


def _broken(platform: Platform) -> list[dict[str, str]]:
    return [{"found": error.found, "cure": error.cure} for error in platform.contracts.broken]


def _print_tables(platform: Platform, tables: list[dict[str, Any]]) -> None:
    lines = []
    for line in tables:
        line["listed"] += line["fetched"] + line["retracting"]
        line["loaded"] += line["opened"] + line["stored"]
        lines.append((line["table"] or "(no table)", *(line[name] for name in PRINTED_OF_TABLE)))
    table(f"{platform.settings.home}", ("table", *PRINTED_OF_TABLE.values()), lines)
    for error in platform.contracts.broken:
        out.print(f"[bold red]Broken contract[/] {error}")
    for each in asleep(platform):
        waiting = f"{each.table}: {each.files:,} files and {each.partitions:,} partitions. {each.reason}"
        out.print(f"[bold yellow]Waiting[/] {escape(waiting)} [dim]{escape(each.cure)}[/]")
    absent = platform.ledger.absences.absent()
    for row in absent[:10]:
        since = f"{row.path} is gone from {row.source} since {row.since:%Y-%m-%d %H:%M} UTC."
        out.print(f"[bold yellow]Gone[/] {escape(since)} [dim]{escape(what_to_do(row.path))}[/]")
    if len(absent) > 10:
        out.print(f"… and {len(absent) - 10:,} more are gone; --json has them all.")
    for failed in platform.ledger.queries.failures(limit=10):
        out.print(f"[bold red]Failed[/] {failed.reason} [dim]{failed.cure}[/]")


def _print_unpublished(platform: Platform, table_name: str) -> None:
    if found := unpublished(platform, table_name):
        days = f"{len(found):,} partition{'s' * (len(found) != 1)} not published yet"
        since = f"since {min(each.since for each in found):%Y-%m-%d %H:%M} UTC: {found[0].reason}"
        see = "[dim]See: dropzone status --failed.[/]"
        out.print(f"[bold red]Unpublished[/] {days}, {escape(since)} {see}", highlight=False)


def _print_overdue(platform: Platform, table_name: str) -> None:
    for contract in _expecting(platform, table_name):
        if found := overdue(platform, contract, now()):
            days = f"{len(found):,} day{'s' * (len(found) != 1)} overdue, the first {found[0].day}"
            see = f"[dim]See: dropzone status {contract.table} --json.[/]"
            out.print(f"[bold red]Missing[/] {contract.table}: {days}: {found[0].evidence}. {see}", highlight=False)


def _print_files(files: list[dict[str, Any]]) -> None:
    lines = [[_moment(f[n]) if n == "loaded_at" else f[n] for n in PRINTED] for f in files[:SHOWN]]
    table("Deliveries", list(PRINTED.values()), lines)
    if len(files) > SHOWN:
        out.print(f"… and {len(files) - SHOWN:,} more: name a TABLE or a --file, or take --json.")
    for f in files[:SHOWN]:
        if f["state"] == "failed" or (f["state"] in SAFE and f["stage"]):
            out.print(f"[bold red]{f['stage']}[/] {f['reason']} [dim]{f['cure']}[/]")
        if f["same_as"]:
            out.print(f"{f['path']} holds the same bytes as delivery {f['same_as']}.")


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}" if value else ""
