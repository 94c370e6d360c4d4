"""Judge: raw files become typed rows and refused rows, in an in-memory DuckDB, in one scan per kind of header."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from dropzone_assets import engine
from dropzone_assets.contracts import (
    ARRIVED,
    DATA_DATE,
    DELIVERY,
    IGNORED,
    RAW,
    REASONS,
    RECORD,
    TODAY,
    Contract,
    Matched,
    compile_contract,
    match_columns,
    number_names,
    uses_arrival,
    wanted_names,
)
from dropzone_assets.errors import Refused
from dropzone_assets.files import RawFile
from dropzone_assets.formats import Reading, Wanted, open_format
from dropzone_assets.ledger import Tally
from dropzone_assets.platform import Platform
from dropzone_assets.steps.content import RawContent

FILES_PER_SCAN = 5_000
BYTES_PER_SCAN = 1 << 30
"""Files of one scan: enough to make the cost of a query vanish, few enough to hold documents in memory."""

Layout = tuple[Reading, Matched]
"""How a file is read and what its columns are to the contract; files with one layout share a scan."""


@dataclass
class Load:
    """Judged rows, resting in `connection` until they are committed.

    Each of `parts` is a view of rows with the contract's columns, `_delivery`, `_record`, `_data_date`, `_file`,
    `_file_date`, `_reasons` and `_raw`. `refused` are whole files that could not be read as the table, `readings`
    how each file was read.
    """

    contract: Contract
    connection: engine.Connection
    parts: list[str] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    refused: dict[str, Refused] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def rows(self) -> str:
        """All judged rows as one relation."""
        return "(" + " UNION ALL BY NAME ".join(f"FROM {part}" for part in self.parts) + ")"


def judge(platform: Platform, contract: Contract, files: Sequence[RawFile], today: date | None = None) -> Load:
    """Type, canonicalise and judge every row of `files`, which keep their order.

    Args:
        today: the day (UTC) of which rows are judged, which may not lie after tomorrow; this one where it is not said.
    """
    load = Load(contract, platform.connect())
    if today:
        load.connection.execute(f"SET VARIABLE {TODAY} = {engine.literal(today)}::DATE")
    layouts: dict[Layout, list[RawFile]] = {}
    for file in files:
        try:
            layout = _layout(platform, contract, file)
            layouts.setdefault(layout, []).append(file)
            load.readings[file.delivery.key] = layout[0]
        except Refused as refusal:
            _refuse(load, file, refusal)
    numbers = count()
    for layout, alike in layouts.items():
        for scan in scans(alike, BYTES_PER_SCAN):
            _judge_scan(platform, load, layout, scan, numbers)
    return load


def reading_of(platform: Platform, contract: Contract, file: RawFile) -> Reading:
    """How a file is read as its table.

    Raises:
        Refused: it cannot be.
    """
    form = open_format(contract.format, contract.options)
    return form.reading(RawContent(platform, file), Wanted.of(wanted_names(contract), number_names(contract)))


def _layout(platform: Platform, contract: Contract, file: RawFile) -> Layout:
    reading = reading_of(platform, contract, file)
    return reading, match_columns(contract, reading.names, exact=reading.exact)


def scans(files: Sequence[RawFile], most: int) -> Iterator[list[RawFile]]:
    """The files in their order, in pieces of at most `most` bytes, or of one file."""
    scan: list[RawFile] = []
    size = 0
    for file in files:
        if scan and (len(scan) == FILES_PER_SCAN or size + file.delivery.size > most):
            yield scan
            scan, size = [], 0
        scan.append(file)
        size += file.delivery.size
    if scan:
        yield scan


def _judge_scan(platform: Platform, load: Load, layout: Layout, files: list[RawFile], numbers: Iterator[int]) -> None:
    """One scan; when the bytes of some file stop it, the halves are scanned until that file stands alone."""
    part, reading = next(numbers), layout[0]
    try:
        with TemporaryDirectory(dir=platform.settings.spill) as scratch:
            unreadable = _scan(platform, load, layout, files, part, Path(scratch))
    except engine.Error as error:
        if not engine.blames_the_file(error):
            raise
        if len(files) == 1:
            what = str(error).splitlines()[0]
            _refuse(load, files[0], Refused(f"cannot be read: {what}", "Ask the sender for the file again."))
            return
        middle = len(files) // 2
        for half in (files[:middle], files[middle:]):
            _judge_scan(platform, load, layout, half, numbers)
        return
    for index, reason in unreadable.items():
        _refuse(load, files[index], Refused(reason, "Ask the sender for the file again."))
    kept = [(index, file) for index, file in enumerate(files) if index not in unreadable]
    broken = reading.broken(load.connection, [RawContent(platform, file) for file in files])
    _number(load, part, kept, broken)


def _scan(
    platform: Platform, load: Load, layout: Layout, files: list[RawFile], part: int, scratch: Path
) -> dict[int, str]:
    """Judge the rows of all files into one table; the files that hold none, with the reason."""
    reading, matched = layout
    scan = reading.scan(load.connection, [RawContent(platform, file) for file in files], scratch)
    known = [place for places in matched for place in places]
    statement = compile_contract(
        load.contract, scan.relation, matched, reading.raw(), reading.rest(known), scan.fault, scan.ignored
    )
    if uses_arrival(load.contract):
        moments = engine.literals([file.delivery.arrived for file in files])
        load.connection.execute(f"SET VARIABLE {ARRIVED} = {moments}::TIMESTAMP[]")
    load.connection.execute(f"CREATE TEMP TABLE judged_{part} AS {statement}")
    return scan.unreadable


def _refuse(load: Load, file: RawFile, refusal: Refused) -> None:
    found = f"{load.contract.table}: {file.delivery.path} {refusal.found}"
    load.refused[file.delivery.key] = Refused(found, refusal.cure)


def _number(load: Load, part: int, files: Sequence[tuple[int, RawFile]], broken: str) -> None:
    """Give each row its file and its record number, and count.

    Rows rest in the order of the files and of the records in each, so a record's number is its distance from the
    first row of its file; those of other tables count, so that the number is the record's place. Records without
    structure are not among them: each moves the later ones up by one. Where it stands says the reader, who counts
    blank lines too; so it stands behind the file's last row at most.
    """
    run = load.connection.execute
    fields = [(i, f.delivery.key, f.delivery.path, f.delivery.file_date) for i, f in files]
    run(f"CREATE TEMP TABLE files_{part} (file_index UBIGINT, key VARCHAR, path VARCHAR, file_date DATE)")
    run(
        f"INSERT INTO files_{part} SELECT unnest($1), unnest($2), unnest($3), unnest($4)::DATE",
        [list(column) for column in zip(*fields, strict=True)] or [[], [], [], []],
    )
    broken = broken or "SELECT 0 AS file_index, 0 AS record, []::VARCHAR[] AS reasons, '' AS raw LIMIT 0"
    run(
        f"CREATE TEMP TABLE firsts_{part} AS "
        f"SELECT file_index, min(rowid) AS first, count(*) AS whole FROM judged_{part} GROUP BY ALL"
    )
    run(
        f"CREATE TEMP TABLE broken_{part} AS SELECT b.file_index::UBIGINT AS file_index, reasons, raw, nth, "
        "nth + least(record::BIGINT - nth, coalesce(whole, 0)) AS record FROM "
        f"(SELECT *, row_number() OVER (PARTITION BY file_index ORDER BY record) AS nth FROM ({broken})) b "
        f"LEFT JOIN firsts_{part} USING (file_index) WHERE b.file_index IN (SELECT file_index FROM files_{part})"
    )
    run(f"CREATE TEMP VIEW rows_{part} AS {_rows(load.contract, part)}")
    load.parts.append(f"rows_{part}")
    by_key = {file.delivery.key: file for _, file in files}
    for tally in [Tally(*row) for row in engine.rows(load.connection, _tallies(part))]:
        if _kept(load, part, by_key[tally.key], tally):
            load.tallies.append(tally)


def _kept(load: Load, part: int, file: RawFile, tally: Tally) -> bool:
    """Whether the file has the rows its manifest promises; otherwise none of them counts."""
    promised = file.delivery.rows_promised
    if promised in (None, tally.rows_read):
        return True
    found = f"has {tally.rows_read:,} rows, and {promised:,} by its manifest."
    _refuse(load, file, Refused(found, "Ask the sender for both files again."))
    load.connection.execute(f"DELETE FROM files_{part} WHERE key = $1", [tally.key])
    return False


def _rows(contract: Contract, part: int) -> str:
    own = ", ".join(f"j.{engine.quote(name)}" for name in contract.stored)
    none = ", ".join(f"NULL AS {engine.quote(name)}" for name in contract.stored)
    file = f"f.key AS {DELIVERY}, f.path AS _file, f.file_date AS _file_date"
    return (
        f"SELECT {own}, {file}, j.rowid - s.first + 1 + coalesce(b.nth, 0) AS {RECORD}, "
        f"coalesce(j.{DATA_DATE}, f.file_date) AS {DATA_DATE}, {REASONS}, {RAW} "
        f"FROM judged_{part} j JOIN files_{part} f USING (file_index) JOIN firsts_{part} s USING (file_index) "
        f"ASOF LEFT JOIN (SELECT file_index, record - nth AS before, max(nth) AS nth FROM broken_{part} "
        f"GROUP BY ALL) b ON b.file_index = j.file_index AND b.before < j.rowid - s.first + 1 "
        f"WHERE NOT j.{IGNORED} UNION ALL BY NAME "
        f"SELECT {none}, {file}, record AS {RECORD}, f.file_date AS {DATA_DATE}, "
        f"reasons AS {REASONS}, raw AS {RAW} FROM broken_{part} JOIN files_{part} f USING (file_index)"
    )


def _tallies(part: int) -> str:
    """Per file, a file without rows included: rows read, valid, quarantined, and valid rows of an earlier day."""
    return (
        f"SELECT f.key, count({RECORD}), count({RECORD}) - count({REASONS}), count({REASONS}), "
        f"count({RECORD}) FILTER ({REASONS} IS NULL AND {DATA_DATE} < f.file_date) "
        f"FROM files_{part} f LEFT JOIN rows_{part} r ON r.{DELIVERY} = f.key GROUP BY f.key"
    )
