"""Records: which rows of a delivery are not equal in two warehouses."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from dropzone_assets.contracts import DELIVERY, RECORD
from dropzone_assets.engine import Connection, attached, columns_of, literals, quote, rows
from dropzone_assets.pipeline.tables import tables
from dropzone_assets.platform import Platform
from dropzone_assets.proof.actual import OF_QUARANTINE, of_validated
from dropzone_assets.proof.fingerprint import as_wanted
from dropzone_assets.proof.rebuild import Rebuilt

VALIDATED, QUARANTINED = "validated rows", "quarantined rows"

FIRST = 5
"""Records named of one delivery."""


def differing_records(platform: Platform, rebuilt: Rebuilt, keys: Sequence[str]) -> dict[tuple[str, str], list[int]]:
    """Kind of rows and delivery → the numbers of the first records that differ, are missing, or are there too often.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    if not keys:
        return {}
    kinds = list(zip((VALIDATED, QUARANTINED), tables(rebuilt.contract.table), (RECORD, "record"), strict=True))
    wanted = {VALIDATED: of_validated(rebuilt.contract), QUARANTINED: OF_QUARANTINE}
    with closing(platform.connect()) as connection:
        connection.execute("CREATE TABLE seen (what VARCHAR, key VARCHAR, record BIGINT, hash UBIGINT, n BIGINT)")
        for home, sign in ((platform, 1), (rebuilt.platform, -1)):
            if home.settings.warehouse.exists():
                with attached(connection, home.settings.warehouse, read_only=True):
                    for what, table, number in kinds:
                        _see(connection, table, wanted[what], keys, f"{sign}, {number}, '{what}'")
        return _compare(connection)


def _see(connection: Connection, table: str, wanted: Mapping[str, str], keys: Sequence[str], about: str) -> None:
    if columns_of(connection, table):
        hashed = ", ".join(as_wanted(connection, table, wanted).values())
        connection.execute(
            f"INSERT INTO seen (n, record, what, key, hash) SELECT {about}, {DELIVERY}, hash({hashed}) FROM {table} "
            f"WHERE {quote(DELIVERY)} IN (SELECT unnest({literals(keys)}))"
        )


def _compare(connection: Connection) -> dict[tuple[str, str], list[int]]:
    unequal = "SELECT what, key, record FROM seen GROUP BY what, key, record, hash HAVING sum(n) <> 0"
    first = f"list_sort(list(DISTINCT record))[:{FIRST}]"
    return {
        (what, key): found
        for what, key, found in rows(connection, f"SELECT what, key, {first} FROM ({unequal}) GROUP BY ALL")
    }
