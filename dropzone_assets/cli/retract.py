"""`dropzone retract`: take a file back, with its rows, or let it in again."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from dropzone_assets.cli.ingest import ingest_all
from dropzone_assets.cli.show import here, out
from dropzone_assets.upkeep.retract import Retraction, apply, retraction


def retract(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Its path as it is listed, or its name.")],
    source: Annotated[str, typer.Option("--source", help="The source it came from.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Let it in again.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Take a file back: its rows go from the tables, and it stays away until it comes with other bytes."""
    platform = here()
    what = retraction(platform, file, source, undo=undo)
    if not json:
        for sentence in _sentences(what, undo):
            out.print(escape(sentence), soft_wrap=True)
    said = {"let_in" if undo else "taken_back": _document(what)}
    raise typer.Exit(ingest_all(platform, json=json, prepare=lambda: apply(platform, what, undo=undo), said=said))


def _sentences(what: Retraction, undo: bool) -> list[str]:
    files = f" ({what.files:,} files with its members)" if what.files > 1 else ""
    if undo and not what.away:
        return [f"{what.path} is gone from {what.source}; its rows stay{files}."]
    if undo:
        return [f"{what.path} of {what.source} is let in again{files}.", *_asleep(what)]
    tables = {
        table: (
            sum(rows for (name, _), rows in what.rows.items() if name == table),
            [day for name, day in what.rows if name == table],
        )
        for table in dict.fromkeys(name for name, _ in what.rows)
    }
    said = [f"{what.path} of {what.source} is taken back{files}."]
    for table, (rows, days) in tables.items():
        span = f"{days[0]}" if len(days) == 1 else f"{len(days):,} days, {days[0]} … {days[-1]}"
        said.append(f"{table}: {rows:,} valid rows of {span} go.")
    said += ["No row of it is in any table."] * (not tables)
    said += [f"{copy} has the same bytes and takes its place." for copy in what.copies]
    said += [f"{stays} brought the same bytes first; its rows stay." for stays in what.stays]
    return [*said, *_asleep(what)]


def _asleep(what: Retraction) -> list[str]:
    return [f"{table} has no sound, active contract: nothing changes in it until it has one." for table in what.asleep]


def _document(what: Retraction) -> dict[str, Any]:
    rows = [{"table": table, "data_date": day, "rows": count} for (table, day), count in what.rows.items()]
    about = {"source": what.source, "file": what.path, "files": what.files, "rows": rows}
    return {
        **about,
        "copies": list(what.copies),
        "stays": list(what.stays),
        "tables_without_contract": list(what.asleep),
    }
