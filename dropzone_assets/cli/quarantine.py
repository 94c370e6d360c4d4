"""`dropzone quarantine`: which rows were refused, and why."""

from typing import Annotated

import typer

from dropzone_assets.cli.show import as_json, here, out, table
from dropzone_assets.contracts import Contract
from dropzone_assets.engine import columns_of, rows
from dropzone_assets.steps.query import open_query


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
        if not columns_of(connection, f"warehouse.quarantine.{table_name}"):
            out.print(f"No file of {table_name} has been loaded yet. Next: dropzone ingest.")
            return
        mine = f"FROM quarantine.{table_name} WHERE file GLOB $1 AND ($2 = '' OR list_contains(reasons, $2)) "
        asked = [file, reason]
        reasons = rows(
            connection,
            f"SELECT reason, count(*), count(DISTINCT file) FROM (SELECT unnest(reasons) AS reason, file {mine}) "
            "GROUP BY reason ORDER BY 2 DESC, 1",
            asked,
        )
        found = rows(
            connection,
            f"SELECT file, record, reasons, raw::VARCHAR {mine} ORDER BY file, record LIMIT {limit}",
            asked,
        )
        count = rows(connection, f"SELECT count(*) {mine}", asked)[0][0]
    sentences = _sentences(contract)
    if json:
        as_json(
            {
                "table": table_name,
                "rows": count,
                "reasons": [{"reason": r, "rows": n, "files": f, "rule": sentences.get(r, "")} for r, n, f in reasons],
                "quarantined": [dict(zip(("file", "record", "reasons", "raw"), row, strict=True)) for row in found],
            }
        )
        return
    table(
        f"Why rows of {table_name} were refused",
        ("reason", "rows", "files", "the rule"),
        [(r, n, f, sentences.get(r, "")) for r, n, f in reasons],
    )
    shown = [(f, record, "\n".join(why), raw) for f, record, why, raw in found]
    table(f"{min(limit, count):,} of {count:,} refused rows", ("file", "record", "reasons", "as it came"), shown)


def _sentences(contract: Contract) -> dict[str, str]:
    return {rule.name: rule.sentence for column in contract.columns for rule in column.rules} | RECORD_RULES


RECORD_RULES = {
    "record:extra-cell": "a record has as many cells as the header",
    "record:missing-cell": "a record has as many cells as the header",
    "record:quote": "a quoted cell ends with its quote",
    "record:encoding": "text is in the contract's encoding",
    "record:length": "a record is shorter than 2 MB",
}
"""Reasons that no column of the contract gives."""
