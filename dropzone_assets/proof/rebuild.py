"""Rebuild: a table is made again from the raw zone, by the pipeline itself, in a home that is gone afterwards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from dropzone_assets.contracts import DELIVERY, Contract
from dropzone_assets.engine import Connection, attached, columns_of, conform, literals, quote, transaction
from dropzone_assets.errors import Refused
from dropzone_assets.files import RawFile
from dropzone_assets.ledger import Kept, Tally
from dropzone_assets.pipeline import generations
from dropzone_assets.pipeline.load import put
from dropzone_assets.pipeline.tables import BOOKS, LOADS, QUARANTINE, make_room, tables
from dropzone_assets.pipeline.validate import scans, validate
from dropzone_assets.pipeline.versions import Versions
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.proof.fingerprint import as_wanted

Say = Callable[[str, int], None]
"""Told what is done now, and of how many bytes more."""

BYTES = 256 << 20
"""Of raw files validated at one time: enough to make the cost of a commit vanish, few enough for a laptop."""


@dataclass
class Rebuilt:
    """A scratch home with one table in it. `refused`: deliveries that cannot be read as the table now."""

    platform: Platform
    contract: Contract
    tallies: dict[str, Tally] = field(default_factory=dict)
    refused: dict[str, Refused] = field(default_factory=dict)


@contextmanager
def scratch(platform: Platform, contract: Contract) -> Iterator[Rebuilt]:
    """An empty home below the spill folder of `platform`, with its raw zone; all it holds is gone afterwards."""
    platform.settings.spill.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=platform.settings.spill, prefix="verify-") as folder:
        own = {"home": Path(folder), "lake_url": "", "ledger_url": "", "warehouse_path": "", "sync": "off"}
        made = open_platform(platform.settings.model_copy(update={**own, "raw_url": platform.settings.raw}))
        with closing(made.connect()) as own_rows, attached(own_rows, made.settings.warehouse, read_only=False):
            generations.first(made, own_rows)  # its ledger knows of no load, and is its ledger all the same
        try:
            yield Rebuilt(made, contract)
        finally:
            made.ledger.engine.dispose()


def validate_again(rebuilt: Rebuilt, kept: Sequence[Kept], say: Say) -> None:
    """Validate raw files, and put their rows into the scratch warehouse."""
    for scan in scans([_raw(rebuilt, each) for each in kept], BYTES):
        _validate(rebuilt, scan, None)
        say(f"validating {rebuilt.contract.table}", sum(file.delivery.size for file in scan))


def validate_as_then(rebuilt: Rebuilt, kept: Sequence[Kept]) -> None:
    """Validate as of the day on which each was loaded: a row that lay after tomorrow then may lie before it now."""
    days = {each.loaded_at.date() for each in kept if each.loaded_at}
    for day in sorted(days):
        then = [_raw(rebuilt, each) for each in kept if each.loaded_at and each.loaded_at.date() == day]
        for scan in scans(then, BYTES):
            _validate(rebuilt, scan, day)


def _raw(rebuilt: Rebuilt, kept: Kept) -> RawFile:
    return RawFile(kept.delivery, rebuilt.platform.raw.uri(kept.delivery.raw_path))


def _validate(rebuilt: Rebuilt, files: Sequence[RawFile], today: date | None) -> None:
    validation = validate(rebuilt.platform, rebuilt.contract, files, today)
    current = [replace(file.delivery, again="") for file in files]
    warehouse, connection = rebuilt.platform.settings.warehouse, validation.connection
    with closing(connection), attached(connection, warehouse, read_only=False), transaction(connection):
        tallies = put(validation, Versions(current, {}, [], [], []), list(validation.refused))
    for tally in tallies:
        rebuilt.tallies[tally.key] = tally
        rebuilt.refused.pop(tally.key, None)
    rebuilt.refused.update(validation.refused)


def take_over(platform: Platform, rebuilt: Rebuilt, keys: Sequence[str]) -> None:
    """Copy rows of the real warehouse, in place of those validated again: of deliveries that prove nothing about it.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    if not keys or not platform.settings.warehouse.exists():
        return
    validated, quarantine = tables(rebuilt.contract.table)
    fields = {**rebuilt.contract.stored, **rebuilt.contract.lineage}
    parts = ((validated, DELIVERY, fields), (quarantine, DELIVERY, QUARANTINE), (LOADS, "delivery", BOOKS["loads"]))
    with closing(platform.connect()) as connection:
        with attached(connection, platform.settings.warehouse, read_only=True):
            for n, part in enumerate(parts):
                _copy(connection, f"taken_{n}", *part, keys)
        with attached(connection, rebuilt.platform.settings.warehouse, read_only=False), transaction(connection):
            make_room(connection, rebuilt.contract)
            for n, (table, key, _) in enumerate(parts):
                connection.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT unnest({literals(keys)}))")
                connection.execute(f"INSERT INTO {table} BY NAME FROM taken_{n}")


def _copy(
    connection: Connection, name: str, table: str, key: str, wanted: Mapping[str, str], keys: Sequence[str]
) -> None:
    """Copy a table's rows of some deliveries out; of a table that is not there, none."""
    if not columns_of(connection, table):
        conform(connection, name, wanted)
        return
    own = ", ".join(f"{sql} AS {quote(column)}" for column, sql in as_wanted(connection, table, wanted).items())
    mine = f"{key} IN (SELECT unnest({literals(keys)}))"
    connection.execute(f"CREATE TEMP TABLE {name} AS SELECT {own} FROM {table} WHERE {mine}")
