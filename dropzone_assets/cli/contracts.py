"""`dropzone contracts`: check, list and show the contracts."""

from pathlib import Path
from typing import Annotated

import typer

from dropzone_assets.cli.show import as_json, err, here, out, problem, table
from dropzone_assets.contracts import load_contract
from dropzone_assets.errors import BadContract
from dropzone_assets.formats import open_format

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(exists=True, help="Files or folders; the contracts folder when left out.")
    ] = None,
) -> None:
    """Say whether every contract can be honoured. Exit code 1 when one cannot."""
    platform = here()
    locations = files or [platform.settings.contracts]
    wanted = [
        file
        for location in locations
        for file in (sorted(location.glob("*.odcs.yaml")) if location.is_dir() else [location])
    ]
    broken = 0
    for file in wanted:
        try:
            contract, status = load_contract(file, platform.settings.start_date, open_format)
            rules = sum(len(column.rules) for column in contract.columns)
            out.print(
                f"[green]✓[/] {file.name}: {contract.table}, {status}, {len(contract.columns)} columns, "
                f"{rules} row rules, {len(contract.quality)} quality rules"
            )
        except BadContract as error:
            broken += 1
            problem(error)
    if not wanted:
        err.print(f"There are no *.odcs.yaml in {', '.join(map(str, locations))}.")
    raise typer.Exit(1 if broken else 0)


def list_contracts(json: Json = False) -> None:
    """List the tables, the files that feed them, and the contracts that are broken."""
    platform = here()
    found = platform.contracts
    rows = [
        (c.table, c.version, ", ".join(c.files), c.format, ", ".join(c.key), c.partition_column or "file date")
        for c in found.tables.values()
    ]
    names = ("table", "version", "files", "format", "key", "data date")
    if json:
        broken = [{"found": error.found, "cure": error.cure} for error in found.broken]
        as_json({"tables": [dict(zip(names, row, strict=True)) for row in rows], "broken": broken})
        return
    table("", names, rows)
    for name in found.inactive:
        out.print(f"Not active: {name}")
    for error in found.broken:
        problem(error)


def show(table_name: Annotated[str, typer.Argument(metavar="TABLE")], json: Json = False) -> None:
    """Show the columns of a table with their types, other names and rules."""
    contract = here().contract(table_name)
    rows = [
        (c.name, c.kind, ", ".join(c.synonyms), c.transform, "\n".join(rule.sentence for rule in c.rules))
        for c in contract.columns
    ]
    names = ("column", "type", "other names", "made by", "rules")
    if json:
        as_json({"table": table_name, "columns": [dict(zip(names, row, strict=True)) for row in rows]})
        return
    out.print(f"[bold]{contract.table}[/] {contract.version}: {contract.description.strip()}")
    table("Columns", names, rows)
    quality = [(rule.name, rule.description) for rule in contract.quality]
    table("Quality rules", ("rule", "what it asks"), quality)
