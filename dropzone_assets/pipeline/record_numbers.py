"""Record numbers: validated rows get their file and the number of their record, and are counted per file and day."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, FILE_INDEX, IGNORED, RAW, REASONS, RECORD, Contract
from dropzone_assets.engine import Connection, quote, rows
from dropzone_assets.files import RawFile
from dropzone_assets.ledger import Tally


def number_records(
    connection: Connection, contract: Contract, part: int, files: Sequence[tuple[int, RawFile]], broken: str
) -> str:
    """A view of the rows of the table `judged_{part}` and of the records without structure; its name.

    Rows rest in the order of the files and of the records in each, so a record's number is its distance from the
    first row of its file; those of other tables count, so that the number is the record's place. Records without
    structure are not among them: each moves the later ones up by one. Where it stands says the reader, who counts
    blank lines too; so it stands behind the file's last row at most.

    Args:
        files: those whose rows count, with their place among the files that were scanned.
        broken: a query for the records without structure; empty where there cannot be any.
    """
    run = connection.execute
    fields = [(i, f.delivery.key, f.delivery.path, f.delivery.file_date) for i, f in files]
    run(f"CREATE TEMP TABLE files_{part} ({FILE_INDEX} UBIGINT, key VARCHAR, path VARCHAR, file_date DATE)")
    run(
        f"INSERT INTO files_{part} SELECT unnest($1), unnest($2), unnest($3), unnest($4)::DATE",
        [list(column) for column in zip(*fields, strict=True)] or [[], [], [], []],
    )
    run(
        f"CREATE TEMP TABLE firsts_{part} AS "
        f"SELECT {FILE_INDEX}, min(rowid) AS first, count(*) AS whole FROM judged_{part} GROUP BY ALL"
    )
    run(
        f"CREATE TEMP TABLE broken_{part} AS SELECT b.file_index::UBIGINT AS {FILE_INDEX}, reasons, raw, nth, "
        "nth + least(record::BIGINT - nth, coalesce(whole, 0)) AS record FROM "
        f"(SELECT *, row_number() OVER (PARTITION BY file_index ORDER BY record) AS nth FROM ({broken or _NONE})) b "
        f"LEFT JOIN firsts_{part} f ON f.{FILE_INDEX} = b.file_index "
        f"WHERE b.file_index IN (SELECT {FILE_INDEX} FROM files_{part})"
    )
    some = bool(rows(connection, f"FROM broken_{part} LIMIT 1"))
    run(f"CREATE TEMP VIEW rows_{part} AS {_with_broken(contract, part) if some else _rows(contract, part)}")
    return f"rows_{part}"


_NONE = "SELECT 0 AS file_index, 0 AS record, []::VARCHAR[] AS reasons, '' AS raw LIMIT 0"
_FILE = f"f.key AS {DELIVERY}, f.path AS _file, f.file_date AS _file_date"


def _rows(contract: Contract, part: int, moved: str = "", before: str = "") -> str:
    own = ", ".join(f"j.{quote(name)}" for name in contract.stored)
    return (
        f"SELECT {own}, {_FILE}, j.rowid - s.first + 1{moved} AS {RECORD}, "
        f"coalesce(j.{DATA_DATE}, f.file_date) AS {DATA_DATE}, {REASONS}, {RAW} "
        f"FROM judged_{part} j JOIN files_{part} f USING ({FILE_INDEX}) JOIN firsts_{part} s USING ({FILE_INDEX}) "
        f"{before} WHERE NOT j.{IGNORED}"
    )


def _with_broken(contract: Contract, part: int) -> str:
    none = ", ".join(f"NULL AS {quote(name)}" for name in contract.stored)
    before = (
        f"ASOF LEFT JOIN (SELECT {FILE_INDEX}, record - nth AS before, max(nth) AS nth FROM broken_{part} "
        f"GROUP BY ALL) b ON b.{FILE_INDEX} = j.{FILE_INDEX} AND b.before < j.rowid - s.first + 1"
    )
    return (
        f"{_rows(contract, part, ' + coalesce(b.nth, 0)', before)} UNION ALL BY NAME "
        f"SELECT {none}, {_FILE}, record AS {RECORD}, f.file_date AS {DATA_DATE}, "
        f"reasons AS {REASONS}, raw AS {RAW} FROM broken_{part} JOIN files_{part} f USING ({FILE_INDEX})"
    )


def keep_only(connection: Connection, part: str, keys: Sequence[str]) -> None:
    """Of these rows, only those of these deliveries count."""
    files = f"files_{part.removeprefix('rows_')}"
    connection.execute(f"DELETE FROM {files} WHERE key NOT IN (SELECT unnest($1::VARCHAR[]))", [list(keys)])


def tallies(connection: Connection, part: str) -> list[Tally]:
    """What was counted per file, a file without rows included, and per day of its valid rows; one pass."""
    counted: dict[str, Tally] = {}
    for key, file_date, day, valid, refused in rows(connection, _counts(part.removeprefix("rows_"))):
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


def _counts(part: str) -> str:
    """Key, file date, data date → valid and refused rows, in the order of the days."""
    judged = f"SELECT {FILE_INDEX}, {DATA_DATE}, {REASONS} FROM judged_{part} WHERE NOT {IGNORED}"
    broken = f"SELECT {FILE_INDEX}, NULL, reasons FROM broken_{part}"
    counts = f"SELECT {FILE_INDEX}, {DATA_DATE}, count(*) AS all_rows, count({REASONS}) AS refused"
    return (
        f"SELECT key, file_date, coalesce({DATA_DATE}, file_date) AS day, "
        "coalesce(sum(all_rows - refused), 0)::BIGINT, coalesce(sum(refused), 0)::BIGINT "
        f"FROM files_{part} LEFT JOIN ({counts} FROM ({judged} UNION ALL {broken}) GROUP BY ALL) USING ({FILE_INDEX}) "
        "GROUP BY ALL ORDER BY key, day"
    )
