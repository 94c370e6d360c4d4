"""`dropzone verify`: proves that the lake equals its inputs, or names what does not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dropzone_assets.cli.show import as_json, err, here, out, table
from dropzone_assets.proof.findings import Finding, Proof
from dropzone_assets.proof.prove import bytes_to_read, prove
from dropzone_assets.proof.rebuild import Say


def verify(
    table_name: Annotated[str, typer.Argument(metavar="TABLE", help="All tables when left out.")] = "",
    deep: Annotated[bool, typer.Option("--deep", help="Also read every raw object and compare its bytes.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make tables again from the raw zone, in a scratch place, and compare. Exit code 1 when something differs."""
    platform = here()
    with _progress(bytes_to_read(platform, table_name, deep=deep)) as say:
        proofs = list(prove(platform, table_name, deep=deep, say=say))
    broken = [] if table_name else list(platform.contracts.broken)
    holds = not broken and all(proof.holds for proof in proofs)
    if json:
        left_out = [{"found": error.found, "cure": error.cure} for error in broken]
        as_json({"equal": holds, "contracts_left_out": left_out, "tables": [_document(proof) for proof in proofs]})
        raise typer.Exit(not holds)
    for error in broken:
        err.print(f"[bold red]Contract left out, so its table is not proved:[/] {escape(str(error))}")
    _print(proofs)
    raise typer.Exit(not holds)


def _print(proofs: Sequence[Proof]) -> None:
    counted = [(p.table, what, c.checked, c.equal, c.due, c.different) for p in proofs for what, c in p.counts.items()]
    asked = [row for row in counted if row[2]]
    if not asked:
        out.print("Nothing has been loaded yet. Next: dropzone ingest.")
        return
    table("", ("table", "what", "checked", "equal", "due", "different"), asked)
    findings = [finding for proof in proofs for finding in proof.findings]
    for finding in findings:
        colour = "bold red" if finding.wrong else "yellow"
        out.print(f"[{colour}]{finding.what}[/] {escape(finding.name)}", soft_wrap=True, highlight=False)
        out.print(f"  {escape(finding.found)}.", soft_wrap=True, highlight=False)
        out.print(f"  [dim]{escape(finding.cure)}[/]", soft_wrap=True, highlight=False)
    wrong = sum(finding.wrong for finding in findings)
    due = sum(row[4] for row in asked)
    out.print(f"{wrong:,} {'things differ' if wrong != 1 else 'thing differs'}." if wrong else "Equal.")
    if due:
        out.print(f"{due:,} are due, so they may differ until the next dropzone ingest.")


def _document(proof: Proof) -> dict[str, Any]:
    counts = [
        {"what": what, "checked": c.checked, "equal": c.equal, "due": c.due, "different": c.different}
        for what, c in proof.counts.items()
    ]
    return {
        "table": proof.table,
        "equal": proof.holds,
        "checked": counts,
        "differences": [_finding(finding) for finding in proof.findings if finding.wrong],
        "notes": [_finding(finding) for finding in proof.findings if not finding.wrong],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {"what": finding.what, "name": finding.name, "found": finding.found, "cure": finding.cure}


@contextmanager
def _progress(total: int) -> Iterator[Say]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("looking", total=total or None)
        yield lambda text, size: progress.update(bar, description=text, advance=size)
