"""The tables of the warehouse: their names, their columns, and what is noted of each load."""

from typing import NamedTuple

from dropzone_assets.contracts import DELIVERY, VALIDATED_BY, Contract
from dropzone_assets.engine import WAREHOUSE, Connection, conform, quote
from dropzone_assets.files import Delivery

QUARANTINE = {
    DELIVERY: "VARCHAR",
    "file": "VARCHAR",
    "record": "BIGINT",
    "reasons": "VARCHAR[]",
    "raw": "JSON",
    "contract_version": "VARCHAR",
    "file_date": "DATE",
    "quarantined_at": "TIMESTAMP",
}
"""A refused row: as it came, with every reason, its file, its record number and the contract it met."""

NUMBERS = (
    *("rows_read", "valid", "quarantined", "late"),
    *("rows_added", "rows_removed", "rows_changed", "rows_kept"),
)
"""What is counted of a delivery when it is loaded."""

FACTS = {
    "delivery": "VARCHAR",
    "source": "VARCHAR",
    "path": "VARCHAR",
    "file_time": "TIMESTAMP",
    "version": "VARCHAR",
    "size": "BIGINT",
    "arrived": "TIMESTAMP",
    "content_hash": "VARCHAR",
    "parent": "VARCHAR",
}
"""What is noted of a delivery that is loaded: all that a ledger needs to know of it again."""

BOOKS = {
    "loads": {
        **FACTS,
        "table_name": "VARCHAR",
        "contract_version": "VARCHAR",
        "contract_hash": "VARCHAR",
        **dict.fromkeys(NUMBERS, "BIGINT"),
    },
    "partitions": {"table_name": "VARCHAR", "data_date": "DATE", "version": "BIGINT"},
    "selections": {"table_name": "VARCHAR", "selection": "VARCHAR"},
}
"""What the warehouse knows of itself: the deliveries it holds, how often each partition has changed, and which rows of
each table its contract left out of them (`Contract.selection`)."""

LOADS, PARTITIONS, SELECTIONS = (f"{WAREHOUSE}.dropzone.{name}" for name in BOOKS)


class Tables(NamedTuple):
    """The names of a table's validated and quarantined rows in the attached warehouse."""

    validated: str
    quarantine: str


def tables(table: str) -> Tables:
    """The names of what a table has in the attached warehouse."""
    return Tables(f"{WAREHOUSE}.validated.{quote(table)}", f"{WAREHOUSE}.quarantine.{quote(table)}")


def make_room(connection: Connection, contract: Contract) -> Tables:
    """What a table has in the attached warehouse, where it is made or changed until it fits the contract."""
    into = tables(contract.table)
    for schema in ("validated", "quarantine", "summary", "dropzone"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.{schema}")
    conform(connection, into.validated, {**contract.stored, **contract.lineage, VALIDATED_BY: "VARCHAR"})
    conform(connection, into.quarantine, QUARANTINE)
    for name, columns in BOOKS.items():
        conform(connection, f"{WAREHOUSE}.dropzone.{name}", columns)
    return into


def facts(d: Delivery) -> tuple[object, ...]:
    """What is noted of a delivery, in the order of `FACTS`."""
    return (d.key, d.source, d.path, d.file_time, d.version, d.size, d.arrived, d.content_hash, d.parent)
