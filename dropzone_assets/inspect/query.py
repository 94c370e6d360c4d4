"""Query: one connection on which `validated.t`, `quarantine.t`, `lake.t` (also just `t`) and `summary.t` are names."""

from collections.abc import Iterator
from contextlib import contextmanager

from dropzone_assets.engine import WAREHOUSE, Connection, attached, literals, quote, rows
from dropzone_assets.platform import Platform
from dropzone_assets.sinks.parquet import partition_uris

SCHEMAS = ("validated", "quarantine", "summary")


@contextmanager
def open_query(platform: Platform) -> Iterator[Connection]:
    """Warehouse and lake for the length of the block, which should be short: a reader keeps writers waiting.

    Raises:
        NewerHome: a newer version of this program wrote the home.
        WarehouseBusy: a run holds the warehouse for longer than a minute.
    """
    _ = platform.ledger  # which refuses a home of a newer version, whose warehouse may be as old as ever
    connection = platform.connect()
    for schema in (*SCHEMAS, "lake"):
        connection.execute(f"CREATE SCHEMA {schema}")
    _see_lake(platform, connection)
    if not platform.settings.warehouse.exists():
        yield connection
        return
    with attached(connection, platform.settings.warehouse, read_only=True):
        _see_warehouse(connection)
        yield connection


def _see_warehouse(connection: Connection) -> None:
    found = rows(
        connection,
        f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{WAREHOUSE}' "
        f"AND list_contains({literals(SCHEMAS)}, schema_name)",
    )
    for schema, table in found:
        connection.execute(f"CREATE VIEW {schema}.{quote(table)} AS FROM {WAREHOUSE}.{schema}.{quote(table)}")


def _see_lake(platform: Platform, connection: Connection) -> None:
    for contract in platform.contracts.tables.values():
        uris = partition_uris(platform.lake, contract.table)
        source = f"FROM read_parquet({literals(uris)}, hive_partitioning = false, union_by_name = true)"
        if not uris:
            fields = {**contract.stored, **contract.lineage}
            source = f"SELECT {', '.join(f'NULL::{kind} AS {quote(name)}' for name, kind in fields.items())} LIMIT 0"
        connection.execute(f"CREATE VIEW lake.{quote(contract.table)} AS {source}")
        connection.execute(f"CREATE VIEW main.{quote(contract.table)} AS FROM lake.{quote(contract.table)}")
