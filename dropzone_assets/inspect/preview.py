"""Preview: what ingestion would read in a file, by the same steps, leaving no trace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, BinaryIO

from dropzone_assets import engine
from dropzone_assets.archives import Bounds, Member, is_archive, open_archive
from dropzone_assets.contracts import RAW, REASONS, RECORD, Contract, recognise
from dropzone_assets.errors import BadContract, Refused
from dropzone_assets.files import INSIDE, Delivery, Listed, RawFile
from dropzone_assets.inspect.draft import draft
from dropzone_assets.ledger import FETCHED, now
from dropzone_assets.pipeline.transfer import copied, keep, spooled
from dropzone_assets.pipeline.unpack import HIDDEN
from dropzone_assets.pipeline.validate import validate
from dropzone_assets.platform import Platform

SOURCE = "preview"

NONE: Mapping[str, Any] = MappingProxyType({})
"""No pins."""

MISFIT = "Correct these options, or leave them out: they are for CSV and its kin."


@dataclass(frozen=True)
class Preview:
    """What one table would get of one file.

    `how`: what was pinned or found out about the file. `rows`: the valid ones, at most as many as asked for.
    `refused`: of as many records their number, the reasons, and the record as it came. `found`: why the whole file
    cannot be read, else empty.
    """

    file: str
    table: str
    how: Mapping[str, str]
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    refused: list[tuple[int, list[str], str]]
    valid: int = 0
    quarantined: int = 0
    found: str = ""
    cure: str = ""


def preview(
    platform: Platform, file: Path, table: str, limit: int, pins: Mapping[str, Any] = NONE
) -> Iterator[Preview]:
    """Read a file, or each member of an archive, as every table it belongs to would.

    Args:
        table: only this one, whatever the name of the file; without it, and without a contract that knows the name,
            all columns are read as text.
        limit: rows and refused records shown.
        pins: options of the format that are to be tried, over those of the contract.
    """
    with _apart(platform) as apart:
        for name, found in _files(apart, file):
            try:
                if isinstance(found, Refused):
                    raise found
                for contract, how in _contracts(apart, found, table, pins):
                    yield _preview(apart, contract, found, limit, how)
            except Refused as refusal:
                yield Preview(name, table, {}, (), [], [], found=refusal.found, cure=refusal.cure)
            except BadContract as error:
                if not pins:
                    raise
                yield Preview(name, table, {}, (), [], [], found=_misfit(name, error), cure=MISFIT)


@contextmanager
def _apart(platform: Platform) -> Iterator[Platform]:
    """The platform with its contracts, and a raw zone that is gone afterwards."""
    with TemporaryDirectory(prefix="dropzone-") as folder:
        home = Path(folder)
        (home / ".spill").mkdir()
        (home / "contracts").symlink_to(platform.settings.contracts.resolve(), target_is_directory=True)
        own = {"home": home, "raw_url": "", "lake_url": "", "ledger_url": "", "sync": "off"}
        settings = platform.settings.model_copy(update=own)
        yield replace(platform, settings=settings)


def _files(platform: Platform, file: Path) -> Iterator[tuple[str, RawFile | Refused]]:
    """The file, or each member of an archive, in the raw zone, or why it cannot be read."""
    if not is_archive(file.name):
        with file.open("rb") as whole:
            yield file.name, _kept(platform, file.name, whole)
        return
    try:
        with open_archive(file, file.name, Bounds()) as members:
            for member, stream in members:
                if member.problem or not HIDDEN.search(member.path):
                    path = f"{file.name}{INSIDE}{member.path}"
                    yield path, _member(platform, path, member, stream)
    except Refused as refusal:
        yield file.name, refusal


def _member(platform: Platform, path: str, member: Member, stream: BinaryIO | None) -> RawFile | Refused:
    if member.problem or stream is None:
        return Refused(f"{member.path} {member.problem}.", "Ask the sender to pack it again under a plain name.")
    try:
        return _kept(platform, path, stream)
    except Refused as refusal:
        return refusal


def _contracts(
    platform: Platform, file: RawFile, table: str, pins: Mapping[str, Any]
) -> list[tuple[Contract, Mapping[str, str]]]:
    """The contracts that a file is read by, with what is known of how already."""
    tables = platform.contracts.tables
    if table:
        return [(_pinned(platform.contract(table), pins), {})]
    try:
        known = recognise(file.delivery.path, tables.values(), now(), platform.contracts.left_out).tables
    except Refused as refusal:
        if "no contract" not in refusal.found:
            raise
        contract, how = draft(platform, file, pins)
        return [(contract, {**how, **_unknown(platform)})]
    for name in known:
        if name not in tables:
            why = platform.contracts.why_not(name) or Refused("")
            raise Refused(f"{file.delivery.path} is a file of {name}. {why.found}", why.cure)
    return [(_pinned(tables[name], pins), {}) for name in known]


def _misfit(name: str, error: BadContract) -> str:
    """Which options a format does not take, and why, of what Pydantic says."""
    lines = [line.strip().split(" [type=")[0] for line in error.found.splitlines()[1:]]
    said = " ".join(line for line in lines if "further information" not in line)
    return f"{name} cannot be read so. {said or error.found}."


def _unknown(platform: Platform) -> dict[str, str]:
    """The contracts that may want the file, as it cannot be read whose files are theirs."""
    names = [each.name for each in platform.contracts.left_out if not each.files]
    return {"contracts left out": f"{', '.join(names)}; see: dropzone contracts check"} if names else {}


def _pinned(contract: Contract, pins: Mapping[str, Any]) -> Contract:
    return replace(contract, options={**contract.options, **pins}) if pins else contract


def _kept(platform: Platform, path: str, stream: BinaryIO) -> RawFile:
    with spooled(platform) as spool:
        content_hash = copied(stream, spool)
        size, at = spool.stat().st_size, now()
        key = Listed(SOURCE, path, content_hash, size).key
        delivery = Delivery(key, SOURCE, path, content_hash, size, "", at, at, FETCHED, content_hash)
        keep(platform, spool, delivery)
    return RawFile(delivery, platform.raw.uri(delivery.raw_path))


def _preview(platform: Platform, contract: Contract, file: RawFile, limit: int, how: Mapping[str, str]) -> Preview:
    name, validation = file.delivery.path, validate(platform, contract, [file])
    columns = tuple(contract.stored)
    for refusal in validation.refused.values():
        return Preview(name, contract.table, {}, columns, [], [], found=refusal.found, cure=refusal.cure)
    own = ", ".join(engine.quote(column) for column in columns)
    rows = f"SELECT {own} FROM {validation.rows()} WHERE {REASONS} IS NULL ORDER BY {RECORD} LIMIT {limit}"
    refused = f"SELECT {RECORD}, {REASONS}, {RAW} FROM {validation.rows()} WHERE {REASONS} IS NOT NULL"
    refused += f" ORDER BY 1 LIMIT {limit}"
    tally, sign = validation.tallies[0], validation.decimals.get(file.delivery.key)
    decimal, odd = {"decimal": sign} if sign else {}, {"columns": tally.odd} if tally.odd else {}
    return Preview(
        name,
        contract.table,
        {**(how or validation.readings[file.delivery.key].described()), **decimal, **odd},
        columns,
        engine.rows(validation.connection, rows),
        [(record, reasons, raw) for record, reasons, raw in engine.rows(validation.connection, refused)],
        tally.valid,
        tally.quarantined,
    )
