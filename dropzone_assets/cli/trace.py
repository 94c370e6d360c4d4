"""`dropzone trace`: where the rows of the lake came from, down to the bytes."""

from typing import Annotated, Any

import typer
from rich.text import Text

from dropzone_assets.cli.show import as_json, err, here, out
from dropzone_assets.files import INSIDE, Delivery
from dropzone_assets.inspect.left_out import left_out_for
from dropzone_assets.inspect.trace import Traced, trace
from dropzone_assets.platform import Platform

LONG = 2_000
"""Characters of a record that are printed."""


def show_trace(
    table_name: Annotated[str, typer.Argument(metavar="TABLE")],
    where: Annotated[str, typer.Option("--where", help="SQL over the columns of the lake, e.g. \"id = 'a1'\".")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Rows to print.", min=1)] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show where rows of the lake came from: source, archives, file, line, bytes, and the record as it stands there.

    Exit code 1 when there is no such row.
    """
    platform = here()
    contract = platform.contract(table_name)
    found = trace(platform, contract, where, limit)
    if json:
        as_json([_document(platform, each) for each in found])
    for each in [] if json else found:
        _print(platform, each, contract.version)
    if not found:
        err.print(f"No row of lake.{table_name} is like that.")
        for left in left_out_for(platform, contract, where or "true")[:limit]:
            err.print(Text(left.said), soft_wrap=True)
        raise typer.Exit(1)


def _print(platform: Platform, found: Traced, version: str) -> None:
    row = ", ".join(f"{name}={value}" for name, value in found.row.items() if value is not None)
    out.print(Text(row, style="bold"), soft_wrap=True)
    for name, value in _steps(platform, found, version):
        out.print(Text(f"  {name:9}", style="dim"), Text(value), sep="", soft_wrap=True)
    for line in found.original.text[:LONG].splitlines():
        out.print(Text(f"  {line}", style="green"), soft_wrap=True)
    out.print()


def _steps(platform: Platform, found: Traced, version: str) -> list[tuple[str, str]]:
    """The way of a row, from its source to its bytes."""
    delivery, original = found.delivery, found.original
    by = f", validated by version {found.version} of the contract" if found.version else ""
    now = f", which is {version} now" if found.version not in ("", version) else ""
    location = original.location.where if original.location else original.problem
    return [
        ("source", delivery.source),
        *(step for each in found.archives for step in (("archive", _name(each)), ("", _raw(platform, each)))),
        ("member" if found.archives else "file", _name(delivery)),
        ("", _raw(platform, delivery)),
        ("delivery", f"{delivery.key}, arrived {delivery.arrived:%Y-%m-%d %H:%M:%S} UTC{by}{now}"),
        ("record", f"{found.record}: {location}{_bytes(found)}"),
    ]


def _name(delivery: Delivery) -> str:
    """Of a member, its path in its archive."""
    return delivery.path.rsplit(INSIDE, 1)[-1]


def _bytes(found: Traced) -> str:
    location = found.original.location
    return f", bytes {location.start:,} to {location.end:,}" if location and location.start is not None else ""


def _raw(platform: Platform, delivery: Delivery) -> str:
    return platform.raw.uri(delivery.raw_path)


def _document(platform: Platform, found: Traced) -> dict[str, Any]:
    location = found.original.location
    return {
        "row": dict(found.row),
        "source": found.delivery.source,
        "archives": [{"path": each.path, "raw": _raw(platform, each)} for each in found.archives],
        "path": found.delivery.path,
        "raw": _raw(platform, found.delivery),
        "delivery": found.delivery.key,
        "version": found.delivery.version,
        "arrived": found.delivery.arrived,
        "contract_version": found.version,
        "record": found.record,
        **(location._asdict() if location else dict.fromkeys(("line", "start", "end", "where"))),
        "original": found.original.text,
        "problem": found.original.problem,
    }
