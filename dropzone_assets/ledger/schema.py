"""The ledger's tables."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    case,
    literal,
    or_,
)

from dropzone_assets.ledger.states import FAILED, FETCH, GONE, LEFT, NAMELESS, SAFE, SHRUNK, SUPERSEDED

metadata = MetaData()

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("path", Text, nullable=False),
    Column("name", Text, nullable=False, default="", server_default=""),
    Column("version", String(200), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("arrived", DateTime, nullable=False),
    Column("table_name", String(200), nullable=False, default=""),
    Column("file_time", DateTime, nullable=False),
    Column("file_date", Date, nullable=False),
    Column("state", String(20), nullable=False),
    Column("batch", String(40), nullable=False, default=""),
    Column("lot", String(40), nullable=False, default="", server_default=""),
    Column("again", String(10), nullable=False, default="", server_default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("waits", Integer, nullable=False, default=0, server_default="0"),
    Column("not_before", DateTime),
    Column("stage", String(20), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("cure", Text, nullable=False, default=""),
    Column("content_hash", String(64), nullable=False, default=""),
    Column("same_as", String(40), nullable=False, default=""),
    Column("parent", String(40), nullable=False, default="", server_default=""),
    Column("rows_promised", BigInteger),
    Column("leaving", String(20), nullable=False, default="", server_default=""),
    Column("rows_read", BigInteger, nullable=False, default=0),
    Column("valid", BigInteger, nullable=False, default=0),
    Column("quarantined", BigInteger, nullable=False, default=0),
    Column("late", BigInteger, nullable=False, default=0),
    Column("rows_added", BigInteger),
    Column("rows_removed", BigInteger),
    Column("rows_changed", BigInteger),
    Column("rows_kept", BigInteger, nullable=False, default=0, server_default="0"),
    Column("fetched_at", DateTime),
    Column("loaded_at", DateTime),
    Column("answered", DateTime),
    Column("contract_version", String(200), nullable=False, default="", server_default=""),
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
"""`name` is the last part of the path. The index by state holds all that is counted per table, so that counting a
million deliveries reads no row of them.
"""

its_state, its_table, its_batch = (deliveries.c[name] + "" for name in ("state", "table_name", "batch"))
its_source, its_parent = (deliveries.c[name] + "" for name in ("source", "parent"))
"""For conditions beside a better one: written like this they lead to no index. Most deliveries are loaded, of one
source and in no archive; a planner without statistics does not know that, and would read a million to find three.
"""


def _word(text: str) -> ColumnElement[str]:
    """A text that stands in the statement itself: only so does SQLite see that an index is for what is asked."""
    return literal(text, String, literal_execute=True)


_state, _leaving = deliveries.c.state, deliveries.c.leaving
unusual_kind = case(
    (_state == _word(SUPERSEDED), _word(SUPERSEDED)),
    (_leaving == _word(LEFT), _word(LEFT)),
    (_leaving == _word(GONE), _word(GONE)),
    (and_(_state == _word(FAILED), deliveries.c.table_name == _word("")), _word(NAMELESS)),
)
"""Why a file that is listed is not simply known, though its key is; NULL where it is."""

_some = unusual_kind.is_not(None)
UNUSUAL = Index("deliveries_strange", deliveries.c.key, sqlite_where=_some, postgresql_where=_some)
"""Of the keys that are listed few are in here, so to look for each of a million costs little."""

UNFETCHED = deliveries.c.stage == _word(FETCH)
"""The bytes of a delivery are not to be had: its source does not answer or refuses them, or its raw copy is lost."""

LOST = and_(UNFETCHED, its_state.in_(SAFE))
"""What came of a delivery counts, and its raw copy is lost."""

SHRUNKEN = deliveries.c.stage == _word(SHRUNK)
"""A delivery gave fewer rows when it was loaded last than it had before, out of the same bytes."""

KEPT_AS_IT_WAS = or_(LOST, and_(SHRUNKEN, its_state.in_(SAFE)))
"""What came of a delivery counts, and a person has to look at its raw copy."""

Index("deliveries_shrunk", deliveries.c.stage, sqlite_where=SHRUNKEN, postgresql_where=SHRUNKEN)
Index("deliveries_unfetched", deliveries.c.stage, sqlite_where=UNFETCHED, postgresql_where=UNFETCHED)

journal = Table(
    "journal",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String(40), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("event", String(20), nullable=False),
    Column("run", String(40), nullable=False, default=""),
    Column("said", Text, nullable=False, default=""),
    Index("journal_by_key", "key"),
)
"""What happened to each delivery after it was listed, one entry an event; entries are only ever added."""

contributions = Table(
    "contributions",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("data_date", Date, primary_key=True),
    Column("table_name", String(200), nullable=False),
    Column("valid", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False, default=0, server_default="0"),
    Index("contributions_by_date", "table_name", "data_date"),
)
"""How many valid rows each loaded delivery has on each data date, in the partition since which `version` of it; 0 where
that was not noted."""

sightings = Table(
    "sightings",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("path", Text, nullable=False, default="", server_default=""),
    Column("first_seen", DateTime, nullable=False),
    Index("sightings_by_source", "source"),
)
"""Files that have been seen and not taken yet, at sources that cannot tell whether a file is finished."""

looks = Table(
    "looks",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("looked_at", DateTime, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("problem", Text, nullable=False),
    Column("listing", String(100), nullable=False, default="", server_default=""),
)
"""The last look at each source, and why it did not work."""

partitions = Table(
    "partitions",
    metadata,
    Column("table_name", String(200), primary_key=True),
    Column("data_date", Date, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("published", BigInteger, nullable=False, default=0),
    Column("summarised", BigInteger, nullable=False, default=0, server_default="0"),
    Column("published_at", DateTime),
    Column("valid", BigInteger, nullable=False, default=0),
    Column("lake_rows", BigInteger, nullable=False, default=0),
    Column("rewrites", BigInteger, nullable=False, default=0, server_default="0"),
    Column("content_hash", String(64), nullable=False, default="", server_default=""),
    Column("summary_hash", String(64), nullable=False, default="", server_default=""),
    Column("tries", Integer, nullable=False, default=0, server_default="0"),
    Column("since", DateTime),
    Column("tried_at", DateTime),
    Column("again", DateTime),
    Column("problem", Text, nullable=False, default="", server_default=""),
    Column("cure", Text, nullable=False, default="", server_default=""),
)
"""`tries` to `cure`: of a publication that has failed and not succeeded since; `tries` is 0 otherwise."""

UNPUBLISHED = partitions.c.tries > literal(0, Integer, literal_execute=True)
"""The last publication of a partition, or of its summary, has failed."""

Index("partitions_unpublished", partitions.c.tries, sqlite_where=UNPUBLISHED, postgresql_where=UNPUBLISHED)

home = Table(
    "home",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)
"""What is true of the whole home: its id, its format, the generation of each store."""

completeness = Table(
    "standings",
    metadata,
    Column("table_name", String(200), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("standing", String(20), key="completeness", nullable=False),
    Column("arrived", BigInteger, nullable=False),
    Column("completed", DateTime),
)
"""What was last alerted of the days on which files are expected. Table and column have the names of release 0.1."""


def now() -> datetime:
    """UTC without a zone, as the ledger keeps all its times."""
    return datetime.now(UTC).replace(tzinfo=None)
