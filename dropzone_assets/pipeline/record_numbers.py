"""Record numbers: validated rows get their file and the number of their record, and are counted per file and day."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from dropzone_assets.contracts import DATA_DATE, DELIVERY, FILE_INDEX, IGNORED, RAW, REASONS, RECORD, Contract
from dropzone_assets.engine import Connection, quote, rows
from dropzone_assets.files import RawFile
from dropzone_assets.ledger import Tally
from dropzone_assets.pipeline.staging import Staging


class Part(NamedTuple):
    """The rows of one scan, as relations.

    `rows`: a view of rows with the contract's columns, `_delivery`, `_record`, `_data_date`, `_file`, `_file_date`,
    `_reasons` and `_raw`. `files`: the files whose rows count. `scanned` and `broken`: the records with a structure, as
    the scan left them, and those without one.
    """

    rows: str
    files: str
    scanned: str
    broken: str


def number_records(
    staging: Staging, contract: Contract, scanned: str, files: Sequence[tuple[int, RawFile]], broken: str
) -> Part:
    """The rows of a scan and the records without structure, each with its file and its number.

    Rows rest in the order of the files and of the records in each, so a record's number is its distance from the
    first row of its file; those of other tables count, so that the number is the record's place. Records without
    structure are not among them: each moves the later ones up by one. The reader says where such a record stands, and
    counts blank lines too, so its number is cut to the one behind the file's last row.

    Args:
        scanned: the table of the scan.
        files: those whose rows count, with their place among the files that were scanned.
        broken: a query for the records without structure; empty where there cannot be any.
    """
    fields = [(i, f.delivery.key, f.delivery.path, f.delivery.file_date) for i, f in files]
    listed = staging.columns(
        "files", {FILE_INDEX: "UBIGINT", "key": "VARCHAR", "path": "VARCHAR", "file_date": "DATE"}, fields
    )
    firsts = staging.table(
        "firsts", f"SELECT {FILE_INDEX}, min(rowid) AS first, count(*) AS whole FROM {scanned} GROUP BY ALL"
    )
    apart = staging.table(
        "broken",
        f"SELECT b.file_index::UBIGINT AS {FILE_INDEX}, reasons, raw, nth, "
        "nth + least(record::BIGINT - nth, coalesce(whole, 0)) AS record FROM "
        f"(SELECT *, row_number() OVER (PARTITION BY file_index ORDER BY record) AS nth FROM ({broken or _NONE})) b "
        f"LEFT JOIN {firsts} f ON f.{FILE_INDEX} = b.file_index "
        f"WHERE b.file_index IN (SELECT {FILE_INDEX} FROM {listed})",
    )
    whole = (
        _with_broken(contract, scanned, listed, firsts, apart)
        if rows(staging.connection, f"FROM {apart} LIMIT 1")
        else _rows(contract, scanned, listed, firsts)
    )
    return Part(staging.view("rows", whole), listed, scanned, apart)


_NONE = "SELECT 0 AS file_index, 0 AS record, []::VARCHAR[] AS reasons, '' AS raw LIMIT 0"
_FILE = f"f.key AS {DELIVERY}, f.path AS _file, f.file_date AS _file_date"


def _rows(contract: Contract, scanned: str, files: str, firsts: str, moved: str = "", before: str = "") -> str:
    own = ", ".join(f"j.{quote(name)}" for name in contract.stored)
    return (
        f"SELECT {own}, {_FILE}, j.rowid - s.first + 1{moved} AS {RECORD}, "
        f"coalesce(j.{DATA_DATE}, f.file_date) AS {DATA_DATE}, {REASONS}, {RAW} "
        f"FROM {scanned} j JOIN {files} f USING ({FILE_INDEX}) JOIN {firsts} s USING ({FILE_INDEX}) "
        f"{before} WHERE NOT j.{IGNORED}"
    )


def _with_broken(contract: Contract, scanned: str, files: str, firsts: str, broken: str) -> str:
    none = ", ".join(f"NULL AS {quote(name)}" for name in contract.stored)
    before = (
        f"ASOF LEFT JOIN (SELECT {FILE_INDEX}, record - nth AS before, max(nth) AS nth FROM {broken} "
        f"GROUP BY ALL) b ON b.{FILE_INDEX} = j.{FILE_INDEX} AND b.before < j.rowid - s.first + 1"
    )
    return (
        f"{_rows(contract, scanned, files, firsts, ' + coalesce(b.nth, 0)', before)} UNION ALL BY NAME "
        f"SELECT {none}, {_FILE}, record AS {RECORD}, f.file_date AS {DATA_DATE}, "
        f"reasons AS {REASONS}, raw AS {RAW} FROM {broken} JOIN {files} f USING ({FILE_INDEX})"
    )


def keep_only(connection: Connection, part: Part, keys: Sequence[str]) -> None:
    """Of these rows, only those of these deliveries count."""
    connection.execute(f"DELETE FROM {part.files} WHERE key NOT IN (SELECT unnest($1::VARCHAR[]))", [list(keys)])


def tallies(connection: Connection, part: Part) -> list[Tally]:
    """What was counted per file, a file without rows included, and per day of its valid rows; one pass."""
    counted: dict[str, Tally] = {}
    for key, file_date, day, valid, refused in rows(connection, _counts(part)):
        counted[key] = _sum(counted.get(key, Tally(key, 0, 0, 0, 0)), file_date, day, valid, refused)
    return list(counted.values())


def _sum(tally: Tally, file_date: date, day: date, valid: int, refused: int) -> Tally:
    return Tally(
        tally.key,
        tally.rows_read + valid + refused,
        tally.valid + valid,
        tally.quarantined + refused,
        tally.late + valid * (day < file_date),
        (*tally.days, (day, valid)) if valid else tally.days,
    )


def _counts(part: Part) -> str:
    """Key, file date, data date → valid and refused rows, in the order of the days."""
    scanned = f"SELECT {FILE_INDEX}, {DATA_DATE}, {REASONS} FROM {part.scanned} WHERE NOT {IGNORED}"
    broken = f"SELECT {FILE_INDEX}, NULL, reasons FROM {part.broken}"
    counts = f"SELECT {FILE_INDEX}, {DATA_DATE}, count(*) AS all_rows, count({REASONS}) AS refused"
    return (
        f"SELECT key, file_date, coalesce({DATA_DATE}, file_date) AS day, "
        "coalesce(sum(all_rows - refused), 0)::BIGINT, coalesce(sum(refused), 0)::BIGINT "
        f"FROM {part.files} LEFT JOIN ({counts} FROM ({scanned} UNION ALL {broken}) GROUP BY ALL) USING ({FILE_INDEX}) "
        "GROUP BY ALL ORDER BY key, day"
    )
