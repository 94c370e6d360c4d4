"""Those who read a file nobody knows: the platform's preview, and DuckDB's sniffer."""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dropzone_assets.inspect.preview import preview
from dropzone_assets.platform import Platform
from tests.dialects.pollution import File
from tests.dialects.score import Read


def ours(platform: Platform, file: File, folder: Path) -> Read:
    """What a preview without a contract shows."""
    at = folder / "file.csv"
    at.write_bytes(file.content())
    (shown,) = preview(platform, at, "", 2**31)
    own = [n for n, name in enumerate(shown.columns) if name != "_rescued"]
    records = [[row[n] or "" for n in own] for row in shown.rows]
    header = [shown.columns[n] for n in own] if shown.how.get("header") != "no" else []
    return Read(header, records, shown.found)


def sniffer(file: File) -> Read:
    """What DuckDB's `read_csv` finds out, as Pollock asks it."""
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        at = Path(folder) / "file.csv"
        at.write_bytes(file.content())
        try:
            found = connection.read_csv(
                str(at), strict_mode=False, ignore_errors=True, null_padding=True, all_varchar=True
            )
            rows = [["" if cell is None else cell for cell in row] for row in found.fetchall()]
        except duckdb.Error as error:
            return Read(refused=str(error))
        return Read(found.columns, rows)
