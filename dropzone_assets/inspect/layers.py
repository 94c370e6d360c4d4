"""Layers: the rows of one layer of a table for some days, copied out, so that nothing is held while they are used."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY
from dropzone_assets.engine import WAREHOUSE, Connection, attached, columns_of, literals, quote
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import partition_uris

FOUND = "found"
"""The table that holds the rows, on the connection that is given back."""


def rows_of_layer(platform: Platform, table: str, layer: str, days: Sequence[date]) -> Connection:
    """A connection of its own whose table `found` has the rows.

    Args:
        layer: `lake` and `summary` by data date; `validated` and `quarantine` by file date.
        days: the partitions asked for.

    Raises:
        WarehouseBusy: the warehouse stays locked by another process.
    """
    connection = platform.connect()
    if layer == "lake":
        uris = partition_uris(platform.lake, table, list(days))
        source = f"FROM read_parquet({literals(uris)}, hive_partitioning = false, union_by_name = true)"
        connection.execute(f"CREATE TABLE {FOUND} AS {source if uris else _nothing(platform, table, layer)}")
        return connection
    if not platform.settings.warehouse.exists():
        connection.execute(f"CREATE TABLE {FOUND} AS {_nothing(platform, table, layer)}")
        return connection
    with attached(connection, platform.settings.warehouse, read_only=True):
        held = f"{WAREHOUSE}.{layer}.{quote(table)}"
        query = f"FROM {held} WHERE {_wanted(platform, table, layer, days)}"
        connection.execute(
            f"CREATE TABLE {FOUND} AS {query if columns_of(connection, held) else _nothing(platform, table, layer)}"
        )
    return connection


def _wanted(platform: Platform, table: str, layer: str, days: Sequence[date]) -> str:
    if layer == "summary":
        return f"{DATA_DATE} IN (SELECT unnest({literals(days)}::DATE[]))"
    # Which day a file is of, the ledger knows.
    keys = [delivery.key for delivery in platform.ledger.worklist.of_dates(table, days)]
    return f"{DELIVERY} IN (SELECT unnest({literals(keys)}::VARCHAR[]))"


def _nothing(platform: Platform, table: str, layer: str) -> str:
    """No rows; of a table that has none yet, only the contract knows the columns."""
    contract = platform.contracts.tables.get(table)
    fields = {**contract.stored, **contract.lineage} if contract and layer != "summary" else {DATA_DATE: "DATE"}
    return f"SELECT {', '.join(f'NULL::{kind} AS {quote(name)}' for name, kind in fields.items())} LIMIT 0"
