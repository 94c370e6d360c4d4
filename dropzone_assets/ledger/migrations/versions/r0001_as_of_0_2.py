"""The ledger as of release 0.2: made where there is none, and a ledger of an earlier release grown to it.

Revision ID: 0001
Revises: nothing
"""

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.schema import CreateColumn, CreateIndex, DropIndex

from dropzone_assets.files import name_of

revision, down_revision, branch_labels, depends_on = "0001", None, None, None

metadata = MetaData()

Table(
    "deliveries",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("version", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("arrived", DateTime, nullable=False),
    Column("table_name", String(200), nullable=False),
    Column("file_time", DateTime, nullable=False),
    Column("file_date", Date, nullable=False),
    Column("state", String(20), nullable=False),
    Column("batch", String(40), nullable=False),
    Column("lot", String(40), nullable=False, server_default=""),
    Column("again", String(10), nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False),
    Column("waits", Integer, nullable=False, server_default="0"),
    Column("not_before", DateTime),
    Column("stage", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("cure", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("same_as", String(40), nullable=False),
    Column("parent", String(40), nullable=False, server_default=""),
    Column("rows_promised", BigInteger),
    Column("leaving", String(20), nullable=False, server_default=""),
    Column("rows_read", BigInteger, nullable=False),
    Column("valid", BigInteger, nullable=False),
    Column("quarantined", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
    Column("rows_added", BigInteger),
    Column("rows_removed", BigInteger),
    Column("rows_changed", BigInteger),
    Column("rows_kept", BigInteger, nullable=False, server_default="0"),
    Column("fetched_at", DateTime),
    Column("loaded_at", DateTime),
    Column("answered", DateTime),
    Column("contract_version", String(200), nullable=False, server_default=""),
    Index("deliveries_by_date", "table_name", "file_date"),
    Index("deliveries_by_day", "file_date"),
    Index("deliveries_by_state", "state", "table_name", "rows_read", "valid", "quarantined", "loaded_at"),
    Index("deliveries_by_work", "state", "batch"),
    Index("deliveries_by_path", "path", "source"),
    Index("deliveries_by_name", "name", "path", "source"),
    Index("deliveries_by_leaving", "leaving", "source", "parent", "state"),
    Index("deliveries_by_content", "content_hash"),
    Index("deliveries_by_batch", "batch"),
    Index("deliveries_by_parent", "parent"),
    Index("deliveries_by_original", "same_as"),
    Index("deliveries_by_answer", "source", "parent", "answered"),
)

Table(
    "journal",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String(40), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("event", String(20), nullable=False),
    Column("run", String(40), nullable=False),
    Column("said", Text, nullable=False),
    Index("journal_by_key", "key"),
)

Table(
    "contributions",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("data_date", Date, primary_key=True),
    Column("table_name", String(200), nullable=False),
    Column("valid", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Index("contributions_by_date", "table_name", "data_date"),
)

Table(
    "sightings",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("path", Text, nullable=False, server_default=""),
    Column("first_seen", DateTime, nullable=False),
    Index("sightings_by_source", "source"),
)

Table(
    "looks",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("looked_at", DateTime, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("problem", Text, nullable=False),
    Column("listing", String(100), nullable=False, server_default=""),
)

Table(
    "partitions",
    metadata,
    Column("table_name", String(200), primary_key=True),
    Column("data_date", Date, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("summarised", BigInteger, nullable=False, server_default="0"),
    Column("published_at", DateTime),
    Column("valid", BigInteger, nullable=False),
    Column("lake_rows", BigInteger, nullable=False),
    Column("rewrites", BigInteger, nullable=False, server_default="0"),
    Column("content_hash", String(64), nullable=False, server_default=""),
    Column("summary_hash", String(64), nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("since", DateTime),
    Column("tried_at", DateTime),
    Column("again", DateTime),
    Column("problem", Text, nullable=False, server_default=""),
    Column("cure", Text, nullable=False, server_default=""),
)

Table(
    "home",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)

Table(
    "standings",
    metadata,
    Column("table_name", String(200), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("standing", String(20), nullable=False),
    Column("arrived", BigInteger, nullable=False),
    Column("completed", DateTime),
)

deliveries, partitions = metadata.tables["deliveries"], metadata.tables["partitions"]

UNUSUAL = text(
    "CASE WHEN (state = 'superseded') THEN 'superseded' WHEN (leaving = 'left') THEN 'left' "
    "WHEN (leaving = 'gone') THEN 'gone' WHEN (state = 'failed' AND table_name = '') THEN 'nameless' END IS NOT NULL"
)
FETCH, TRIED = text("stage = 'fetch'"), text("tries > 0")
Index("deliveries_strange", deliveries.c.key, sqlite_where=UNUSUAL, postgresql_where=UNUSUAL)
Index("deliveries_unfetched", deliveries.c.stage, sqlite_where=FETCH, postgresql_where=FETCH)
Index("partitions_unpublished", partitions.c.tries, sqlite_where=TRIED, postgresql_where=TRIED)


def upgrade() -> None:
    """Create the tables that are missing, and in those that are there the columns and indexes."""
    connection = op.get_bind()
    metadata.create_all(connection)
    found = inspect(connection)
    for table in metadata.sorted_tables:
        held = {column["name"] for column in found.get_columns(table.name)}
        for column in [column for column in table.columns if column.name not in held]:
            _add(connection, table.name, column)
        kept = {str(index["name"]): index["column_names"] for index in found.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if kept.get(str(index.name)) != [column.name for column in index.columns]:
                connection.execute(DropIndex(index, if_exists=True))
                connection.execute(CreateIndex(index, if_not_exists=True))
    _name(connection)


def _add(connection: Connection, table: str, column: Column[Any]) -> None:
    connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {CreateColumn(column).compile(connection)}"))


def _name(connection: Connection) -> None:
    """Names for the deliveries of a ledger that had none; a path that ends in a slash has none for ever."""
    nameless = select(deliveries.c.key, deliveries.c.path).where(
        deliveries.c.name == "", deliveries.c.path.not_like("%/")
    )
    found = [{"b_key": row.key, "name": name_of(row.path)} for row in connection.execute(nameless)]
    if found:
        connection.execute(update(deliveries).where(deliveries.c.key == bindparam("b_key")), found)
