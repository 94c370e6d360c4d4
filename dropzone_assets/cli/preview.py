"""`dropzone preview`: what would be read in a file, before it is dropped."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from dropzone_assets.cli.clip import clip
from dropzone_assets.cli.show import as_csv, as_json, err, here, out, table
from dropzone_assets.inspect.preview import Preview, preview

EVERYTHING = 2**31

SAID = {"tab": "\t", "\\t": "\t", "none": ""}
"""How people write characters in a shell."""


def show_preview(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Any file, any place.")],
    table_name: Annotated[str, typer.Option("--table", help="Read it as this table, whatever its name.")] = "",
    limit: Annotated[int, typer.Option(help="Rows and refused records to print.", min=0)] = 20,
    delimiter: Annotated[str | None, typer.Option(help="What parts cells: one character, or tab.")] = None,
    quote: Annotated[str | None, typer.Option(help="What stands around texts: one character, or none.")] = None,
    escape: Annotated[str | None, typer.Option(help="What stands before a quote in a text, or none.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the text: utf-8, cp1252 …")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="Whether names come first.")] = None,
    skip: Annotated[int | None, typer.Option(help="Lines above the header or the first record.", min=0)] = None,
    decimal: Annotated[str | None, typer.Option(help="The decimal sign: a point or a comma.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print all valid rows as CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show what ingestion would read in a file: how, which columns and rows, which records it would refuse.

    What is found out about a text file can be decided instead: --delimiter ';' --encoding cp1252 --no-header --skip 3.
    Exit code 1 when a file or a record is refused. Nothing is kept.
    """
    characters = {"delimiter": delimiter, "quote": quote, "escape": escape}
    pins: dict[str, Any] = {name: SAID.get(value, value) for name, value in characters.items() if value is not None}
    others = {"encoding": encoding, "header": header, "skip": skip, "decimal": decimal}
    pins |= {name: value for name, value in others.items() if value is not None}
    bad, documents = False, []
    for found in preview(here(), file, table_name, EVERYTHING if csv else limit, pins):
        bad = bad or bool(found.found or found.quarantined)
        if csv:
            _complain(found)
            as_csv(found.columns, found.rows)
        elif json:
            documents.append(_document(found))
        else:
            _print(found)
    if json:
        as_json(documents)
    raise typer.Exit(1 if bad else 0)


def _print(found: Preview) -> None:
    out.print(f"[bold]{escape(found.file)}[/] as table [bold]{found.table or '?'}[/]")
    _complain(found)
    if found.found:
        return
    table("How it is read", ("what", "found"), list(found.how.items()))
    cut = _rows(f"{found.valid:,} valid rows, {len(found.rows):,} shown", found.columns, found.rows)
    if found.quarantined:
        lines = [(str(record), ", ".join(reasons), raw) for record, reasons, raw in found.refused]
        cut = _rows(f"{found.quarantined:,} refused records", ("record", "reasons", "as it came"), lines) or cut
    if cut:
        out.print("All of it: --json; all valid rows: --csv.")


def _rows(title: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Print rows cut to the width of the terminal, and say what was left out; whether something was."""
    shown = clip(names, [[_text(value) for value in row] for row in rows], out.width)
    table(title, shown.names, shown.rows)
    if shown.said:
        out.print(f"[yellow]{escape(shown.said)}[/]", highlight=False)
    return bool(shown.said)


def _text(value: object) -> str:
    """A value as it is stored: a year has no thousands."""
    return "" if value is None else str(value)


def _complain(found: Preview) -> None:
    if found.found:
        err.print(f"[bold red]{escape(found.found)}[/] {escape(found.cure)}")


def _document(found: Preview) -> dict[str, Any]:
    return {
        "file": found.file,
        "table": found.table,
        "how": dict(found.how),
        "columns": found.columns,
        "valid": found.valid,
        "quarantined": found.quarantined,
        "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
        "refused": [{"record": r, "reasons": reasons, "raw": raw} for r, reasons, raw in found.refused],
        "problem": found.found,
        "cure": found.cure,
    }
