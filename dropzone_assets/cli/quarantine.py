"""`dropzone quarantine`: which rows were refused, and why."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from dropzone_assets.cli.show import as_json, here, out, table
from dropzone_assets.contracts import DELIVERY, Contract, sentences
from dropzone_assets.engine import Connection, columns_of, quote, rows
from dropzone_assets.errors import Permanent
from dropzone_assets.formats import Location
from dropzone_assets.inspect.query import open_query
from dropzone_assets.inspect.trace import originals_of
from dropzone_assets.pipeline.tables import tables
from dropzone_assets.platform import Platform

Rows = list[tuple[Any, ...]]


def quarantine(
    table_name: Annotated[str, typer.Argument(metavar="TABLE")],
    file: Annotated[str, typer.Option("--file", help="Only rows of files with this name; * matches anything.")] = "*",
    reason: Annotated[str, typer.Option("--reason", help="Only rows with this reason, e.g. amount:minimum.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Rows to print.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the refused rows of a table as they came, with every reason, file and record number."""
    platform = here()
    contract = platform.contract(table_name)
    with open_query(platform) as connection:
        if not columns_of(connection, tables(table_name)[1]):
            out.print(f"No file of {table_name} has been loaded yet. Next: dropzone ingest.")
            return
        reasons, found, count = _found(connection, table_name, (file, reason), limit)
    rules = sentences(contract)
    locations = _locations(platform, contract, [(key, record) for key, _, record, *_ in found])
    why = [{"reason": name, "rows": n, "files": files, "rule": rules.get(name, "")} for name, n, files in reasons]
    if json:
        rows_found = [_document(row, locations.get((row[0], row[2]))) for row in found]
        as_json({"table": table_name, "rows": count, "reasons": why, "quarantined": rows_found})
        return
    table(
        f"Why rows of {table_name} were refused",
        ("reason", "rows", "files", "the rule"),
        [tuple(line.values()) for line in why],
    )
    shown = [
        (file, record, location.line if (location := locations.get((key, record))) else None, "\n".join(broken), raw)
        for key, file, record, broken, raw in found
    ]
    names = ("file", "record", "line", "reasons", "as it came")
    table(f"{min(limit, count):,} of {count:,} refused rows", names, shown)


def _found(connection: Connection, table_name: str, asked: Sequence[str], limit: int) -> tuple[Rows, Rows, int]:
    """How often each reason is there, the first rows, and how many rows there are.

    Args:
        asked: the name of the files, and the reason; * and nothing mean all.
    """
    mine = f"FROM quarantine.{quote(table_name)} WHERE file GLOB $1 AND ($2 = '' OR list_contains(reasons, $2)) "
    reasons = rows(
        connection,
        f"SELECT reason, count(*), count(DISTINCT file) FROM (SELECT unnest(reasons) AS reason, file {mine}) "
        "GROUP BY reason ORDER BY 2 DESC, 1",
        asked,
    )
    found = rows(
        connection,
        f"SELECT {DELIVERY}, file, record, reasons, raw::VARCHAR {mine} ORDER BY file, record LIMIT {limit}",
        asked,
    )
    count = rows(connection, f"SELECT count(*) {mine}", asked)[0][0]
    return reasons, found, count


def _locations(
    platform: Platform, contract: Contract, rows: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], Location]:
    """Where the records of deliveries stand, as far as that can still be found out."""
    deliveries = {each.key: each for each in platform.ledger.worklist.of_keys(list({key for key, _ in rows}))}
    found: dict[tuple[str, int], Location] = {}
    for key, delivery in deliveries.items():
        try:
            originals = originals_of(platform, contract, delivery, [record for each, record in rows if each == key])
        except Permanent:
            continue
        found |= {(key, record): each.location for record, each in originals.items() if each.location}
    return found


def _document(row: tuple[Any, ...], location: Location | None) -> dict[str, Any]:
    where = location._asdict() if location else dict.fromkeys(Location._fields)
    return dict(zip(("file", "record", "reasons", "raw"), row[1:], strict=True)) | where
