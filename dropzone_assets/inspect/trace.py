"""Trace: from a row of the lake back to its source, file, archive, line and bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from dropzone_assets.contracts import DELIVERY, RECORD, VALIDATED_BY, Contract
from dropzone_assets.engine import Connection, Error, columns_of, literals, quote, rows
from dropzone_assets.errors import Permanent, Refused
from dropzone_assets.files import Delivery, RawFile
from dropzone_assets.formats import Location
from dropzone_assets.inspect.query import open_query
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.pipeline.tables import tables
from dropzone_assets.pipeline.validate import reading_of
from dropzone_assets.platform import Platform


class Original(NamedTuple):
    """A record as it stands in its file: the place, its bytes as text, or why it cannot be found."""

    location: Location | None
    text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Traced:
    """A row of the lake and where it came from.

    `archives`: those the file came in, the outermost first. `version`: of the contract the row was validated by, empty
    where the warehouse does not know it any more.
    """

    row: Mapping[str, Any]
    delivery: Delivery
    archives: tuple[Delivery, ...]
    record: int
    version: str
    original: Original


class _Found(NamedTuple):
    """A row of the lake, its delivery and its record."""

    key: str
    record: int
    row: dict[str, Any]


def trace(platform: Platform, contract: Contract, where: str, limit: int) -> list[Traced]:
    """The rows of the lake for which the SQL condition `where` holds, at most `limit`, each with its origin.

    Raises:
        Permanent: DuckDB refuses the condition, or the ledger or the raw zone no longer knows a file.
        WarehouseBusy: a run holds the warehouse.
    """
    found, versions = _rows(platform, contract, where, limit)
    deliveries = {each.key: each for each in platform.ledger.worklist.of_keys([each.key for each in found])}
    traced: list[Traced] = []
    for key, group in groupby(found, key=lambda each: each.key):
        of_file, delivery = list(group), _known(contract, deliveries, key)
        archives = tuple(_archives(platform, delivery))[::-1]
        originals = originals_of(platform, contract, delivery, [each.record for each in of_file])
        for each in of_file:
            version, original = versions.get((key, each.record), ""), originals[each.record]
            traced.append(Traced(each.row, delivery, archives, each.record, version, original))
    return traced


def originals_of(
    platform: Platform, contract: Contract, delivery: Delivery, records: Sequence[int]
) -> dict[int, Original]:
    """Where some records of a delivery stand in its file, by the contract as it is now.

    Raises:
        Permanent: the raw zone does not have the file, or not all of it.
    """
    file = RawFile(delivery, platform.raw.uri(delivery.raw_path))
    content, copy = RawContent(platform, file), raw_copy(platform, delivery)
    if not copy.whole:
        cure = f"Put it back from a backup as {file.uri}, or drop the same file again."
        raise Permanent(f"The raw copy of {delivery.path} {copy.found}.", cure)
    try:
        reading = reading_of(platform, contract, file)
        locations = reading.locations(content, records)
        return {
            record: Original(location, reading.text(content, location))
            if (location := locations.get(record))
            else Original(None, problem="has no such record, as the contract is now")
            for record in records
        }
    except Refused as refusal:
        return dict.fromkeys(records, Original(None, problem=refusal.found))


def _rows(
    platform: Platform, contract: Contract, where: str, limit: int
) -> tuple[list[_Found], dict[tuple[str, int], str]]:
    """The rows asked for, file by file, and the contract version of each."""
    own = ", ".join(quote(name) for name in contract.stored)
    with open_query(platform) as connection:
        query = f"SELECT {DELIVERY}, {RECORD}, {own} FROM lake.{quote(contract.table)} WHERE (\n{where or 'true'}\n)"
        try:
            answer = rows(connection, f"{query} ORDER BY 1, 2 LIMIT {limit}")
        except Error as error:
            columns = ", ".join([*contract.stored, *contract.lineage])
            raise Permanent(str(error), f"The columns of lake.{contract.table} are: {columns}.") from error
        found = [_Found(key, record, dict(zip(contract.stored, row, strict=True))) for key, record, *row in answer]
        return found, _versions(connection, contract, found)


def _versions(connection: Connection, contract: Contract, found: Sequence[_Found]) -> dict[tuple[str, int], str]:
    """The contract version by which each row was validated, where the warehouse still has the row."""
    validated, _ = tables(contract.table)
    if VALIDATED_BY not in columns_of(connection, validated):
        return {}
    mine = [literals([each.key for each in found]), literals([each.record for each in found])]
    query = (
        f"SELECT {DELIVERY}, {RECORD}, {VALIDATED_BY} FROM {validated} WHERE {VALIDATED_BY} IS NOT NULL "
        f"AND list_contains({mine[0]}, {DELIVERY}) AND list_contains({mine[1]}, {RECORD})"
    )
    return {(key, record): version for key, record, version in rows(connection, query)}


def _known(contract: Contract, deliveries: Mapping[str, Delivery], key: str) -> Delivery:
    if key not in deliveries:
        raise Permanent(
            f"The ledger does not know the delivery {key}, of which lake.{contract.table} has rows.",
            "Was the ledger replaced? Restore it from a backup.",
        )
    return deliveries[key]


def _archives(platform: Platform, delivery: Delivery) -> Iterator[Delivery]:
    """The archives a file came in, the innermost first; a shared file is no archive of its shares."""
    while delivery.parent:
        (parent,) = platform.ledger.worklist.of_keys([delivery.parent])
        if parent.path != delivery.path:
            yield parent
        delivery = parent
