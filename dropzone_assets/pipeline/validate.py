"""Validate: raw files become typed rows and refused rows, in an in-memory DuckDB, in one scan per kind of header."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from dropzone_assets import engine
from dropzone_assets.contracts import (
    ARRIVED,
    TODAY,
    Contract,
    Matched,
    Texts,
    Written,
    can_guard,
    compile_contract,
    match_columns,
    number_names,
    suspicion,
    uses_arrival,
    wanted_names,
    written,
)
from dropzone_assets.errors import Refused
from dropzone_assets.files import RawFile
from dropzone_assets.formats import Counted, Reading, Wanted, open_format, read_as
from dropzone_assets.ledger import Tally
from dropzone_assets.pipeline.by_order import in_order
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.pipeline.decimal_signs import decided, in_doubt, said
from dropzone_assets.pipeline.record_numbers import Part, keep_only, number_records, tallies
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.platform import Platform

FILES_PER_SCAN = 5_000
BYTES_PER_SCAN = 1 << 30
"""Files of one scan: enough to make the cost of a query vanish, few enough to hold documents in memory."""


class Layout(NamedTuple):
    """How a file is read and what its columns are to the contract; files with one layout share a scan.

    `written`: how the numbers of each column are written, where a second look at the file said it. `guarded`: whether a
    row for which the contract's SQL fails costs that row only, which is slower.
    """

    reading: Reading
    matched: Matched
    written: tuple[Written, ...] = ()
    guarded: bool = False


@dataclass
class Validation:
    """Validated rows, resting in `connection` until they are committed.

    `parts` are the rows, one part a scan. `refused` are whole files that could not be read as the table, `readings` how
    each file was read; `odd`: what is doubtful about the columns of a file that counts; `decimals`: what the decimal
    sign of a file is whose reading did not know it.
    """

    contract: Contract
    connection: engine.Connection
    parts: list[Part] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    refused: dict[str, Refused] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    odd: dict[str, str] = field(default_factory=dict)
    decimals: dict[str, str] = field(default_factory=dict)

    def rows(self) -> str:
        """All validated rows as one relation."""
        return "(" + " UNION ALL BY NAME ".join(f"FROM {part.rows}" for part in self.parts) + ")"


def validate(platform: Platform, contract: Contract, files: Sequence[RawFile], today: date | None = None) -> Validation:
    """Type, canonicalise and validate every row of `files`, which keep their order.

    Args:
        today: the day (UTC) as of which rows are validated, none of which may lie after tomorrow. Default: today.
    """
    validation = Validation(contract, platform.connect())
    if today:
        validation.connection.execute(f"SET VARIABLE {TODAY} = {engine.literal(today)}::DATE")
    layouts: dict[Layout, list[RawFile]] = {}
    read, matched = _reader(platform, contract), dict[Reading, Matched]()
    for file in files:
        try:
            layout = _layout(contract, read(file), matched)
            layouts.setdefault(layout, []).append(file)
            validation.readings[file.delivery.key] = layout[0]
            if layout[0].exact and (odd := suspicion(contract, layout[0].names, layout[1])):
                validation.odd[file.delivery.key] = odd
        except Refused as refusal:
            _refuse(validation, file, refusal)
    for layout, alike in layouts.items():
        for scan in scans(alike, BYTES_PER_SCAN):
            _validate_scan(platform, validation, layout, scan)
    return validation


def reading_of(platform: Platform, contract: Contract, file: RawFile) -> Reading:
    """How a file is read as its table.

    Raises:
        Refused: it cannot be.
    """
    return _reader(platform, contract)(file)


def _reader(platform: Platform, contract: Contract) -> Callable[[RawFile], Reading]:
    """A function that says how a file is read."""
    form = open_format(contract.format, contract.options)
    wanted = Wanted.of(wanted_names(contract), number_names(contract))
    pinned = bool(contract.options.get("encoding"))
    return lambda file: read_as(form, contract.format, RawContent(platform, file), wanted, pinned=pinned)


def _layout(contract: Contract, reading: Reading, matched: dict[Reading, Matched]) -> Layout:
    """A reading with its columns, which are matched once for all files that are read alike."""
    if reading not in matched:
        matched[reading] = match_columns(contract, reading.names, exact=reading.exact)
    return Layout(reading, matched[reading])


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


def _validate_scan(platform: Platform, validation: Validation, layout: Layout, files: list[RawFile]) -> None:
    """One scan; when the bytes of some file stop it, the halves are scanned until that file stands alone."""
    staging, reading = Staging(validation.connection), layout[0]
    try:
        with TemporaryDirectory(dir=platform.settings.spill) as scratch:
            scanned = _scan(platform, staging, validation.contract, layout, files, Path(scratch))
    except engine.Error as error:
        if not engine.blames_the_file(error):
            raise
        _scan_apart(platform, validation, layout, files, error)
        return
    for index, reason in scanned.unreadable.items():
        _refuse(validation, files[index], Refused(reason, "Ask the sender for the file again."))
    asked = not layout.written and any(each.doubt for each in scanned.written)
    unreadable = scanned.unreadable.keys()
    doubted = in_doubt(validation.connection, scanned.rows) - unreadable if asked else set()
    aside = doubted | unreadable
    kept = [(index, file) for index, file in enumerate(files) if index not in aside]
    contents = [RawContent(platform, file) for file in files]
    broken = reading.broken(validation.connection, contents)
    part = number_records(staging, validation.contract, scanned.rows, kept, broken)
    validation.parts.append(part)
    counted = {tally.key: tally for tally in tallies(validation.connection, part)}
    read = [counted[file.delivery.key].rows_read if file.delivery.key in counted else 0 for file in files]
    unsure = reading.unsure(validation.connection, contents, read) if isinstance(reading, Counted) else set[int]()
    unsure -= aside
    sure = [(index, file) for index, file in kept if index not in unsure]
    whole = [counted[file.delivery.key] for _, file in sure if _is_whole(validation, file, counted[file.delivery.key])]
    if len(whole) < len(counted):
        keep_only(validation.connection, part, [tally.key for tally in whole])
    validation.tallies += [replace(tally, odd=validation.odd.get(tally.key, "")) for tally in whole]
    _look_again(platform, validation, layout, [files[index] for index in sorted(doubted)])
    _read_again(platform, validation, layout, [(files[index], read[index]) for index in sorted(unsure)])


def _scan_apart(
    platform: Platform, validation: Validation, layout: Layout, files: list[RawFile], error: engine.Error
) -> None:
    """What stopped a scan is a row for which the contract's SQL fails, or some file, which is refused alone."""
    if not layout.guarded and can_guard(validation.contract, validation.connection):
        _validate_scan(platform, validation, layout._replace(guarded=True), files)
    elif len(files) == 1:
        _refuse(validation, files[0], _unreadable(validation.contract, error, layout.guarded))
    else:
        middle = len(files) // 2
        for half in (files[:middle], files[middle:]):
            _validate_scan(platform, validation, layout, half)


def _look_again(platform: Platform, validation: Validation, layout: Layout, files: list[RawFile]) -> None:
    """The files whose decimal sign was assumed wrongly, or not at all, with what all of their rows prove."""
    if not files:
        return
    with TemporaryDirectory(dir=platform.settings.spill) as scratch:
        contents = [RawContent(platform, file) for file in files]
        scan = layout.reading.scan(validation.connection, contents, Path(scratch))
        answers = decided(validation.connection, validation.contract, scan, layout.matched)
    again: dict[tuple[Written, ...], list[RawFile]] = {}
    for index, file in enumerate(files):
        answer = answers[index]
        if isinstance(answer, Refused):
            _refuse(validation, file, answer)
        else:
            again.setdefault(answer, []).append(file)
            validation.decimals[file.delivery.key] = said(answer)
    for answer, alike in again.items():
        _validate_scan(platform, validation, layout._replace(written=answer), alike)


def _read_again(
    platform: Platform, validation: Validation, layout: Layout, files: Sequence[tuple[RawFile, int]]
) -> None:
    """Files that may have been read wrongly, with care; those that do not come out even then are refused."""
    careful = layout.reading.careful() if files and isinstance(layout.reading, Counted) else None
    if careful:
        _validate_scan(platform, validation, layout._replace(reading=careful), [file for file, _ in files])
        return
    for file, read in files:
        found = f"has more or fewer records than the {read:,} that could be read."
        cure = "Look at its quotes and its longest lines; ask the sender for it again."
        _refuse(validation, file, Refused(found, cure))


def _unreadable(contract: Contract, error: engine.Error, guarded: bool) -> Refused:
    what, cure = str(error).splitlines()[0], "Ask the sender for the file again."
    computed = [column.name for column in contract.columns if column.transform]
    if computed and not guarded:
        where = f"the transformLogic of {' or '.join(computed)} in {contract.document}"
        cure = f"If it comes of {where}, write TRY_CAST there. Else: {cure}"
    return Refused(f"cannot be read: {what}", cure)


class _Scanned(NamedTuple):
    """A table of validated rows, the files that hold none with the reason, and how numbers were taken to be written."""

    rows: str
    unreadable: dict[int, str]
    written: tuple[Written, ...]


def _scan(
    platform: Platform, staging: Staging, contract: Contract, layout: Layout, files: list[RawFile], scratch: Path
) -> _Scanned:
    """Validate the rows of all files into one table."""
    reading, matched, how, guarded = layout
    scan = reading.scan(staging.connection, [RawContent(platform, file) for file in files], scratch)
    known = [location for locations in matched for location in locations]
    how = how or written(contract, *scan.figures)
    texts = Texts(
        scan.relation,
        matched,
        reading.raw(),
        reading.extra_columns(known),
        scan.fault,
        scan.ignored,
        tidy=scan.tidy,
        written=how,
        typed=scan.typed,
        flaws=scan.flaws,
    )
    statement = compile_contract(contract, in_order(staging, contract, texts), guarded=guarded)
    if uses_arrival(contract):
        moments = engine.literals([file.delivery.arrived for file in files])
        staging.connection.execute(f"SET VARIABLE {ARRIVED} = {moments}::TIMESTAMP[]")
    return _Scanned(staging.table("validated", statement), scan.unreadable, how)


def _refuse(validation: Validation, file: RawFile, refusal: Refused) -> None:
    found = f"{validation.contract.table}: {file.delivery.path} {refusal.found}"
    validation.refused[file.delivery.key] = Refused(found, refusal.cure)


def _is_whole(validation: Validation, file: RawFile, tally: Tally) -> bool:
    """Whether the file has the rows its manifest promises; otherwise none of them counts."""
    promised = file.delivery.rows_promised
    if promised in (None, tally.rows_read):
        return True
    found = f"has {tally.rows_read:,} rows, and {promised:,} by its manifest."
    _refuse(validation, file, Refused(found, "Ask the sender for both files again."))
    return False
