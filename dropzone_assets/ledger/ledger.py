"""Opening the ledger: SQLite by default, any SQLAlchemy URL otherwise."""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    bindparam,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateColumn, CreateIndex, DropIndex

from dropzone_assets.durable import sync
from dropzone_assets.files import name_of
from dropzone_assets.ledger.absences import Absences
from dropzone_assets.ledger.arrivals import Arrivals
from dropzone_assets.ledger.claims import Claims
from dropzone_assets.ledger.completeness import Completeness
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.facts import Facts, check_format
from dropzone_assets.ledger.feed import Feed
from dropzone_assets.ledger.listings import Listings
from dropzone_assets.ledger.outages import Outages
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.ledger.queries import Queries
from dropzone_assets.ledger.raw_copies import RawCopies
from dropzone_assets.ledger.receipts import Receipts
from dropzone_assets.ledger.recovery import Recovery
from dropzone_assets.ledger.renewals import Renewals
from dropzone_assets.ledger.replays import Replays
from dropzone_assets.ledger.retirement import Retirement
from dropzone_assets.ledger.retractions import Retractions
from dropzone_assets.ledger.schema import deliveries, metadata
from dropzone_assets.ledger.search import Search
from dropzone_assets.ledger.worklist import Worklist
from dropzone_assets.sqlite import share, tell, wait_for_disk


class Ledger:
    """One database, and one object for each thing that is written in it or asked of it.

    What can happen to a delivery is the table in `states`: `arrivals`, `renewals`, `claims`, `deliveries`,
    `raw_copies`, `replays`, `retractions`, `absences` and `retirement` make it happen; `worklist`, `queries` and
    `search` read; `receipts` know whose sender is to be told. Days are in `partitions`, `outages` and `completeness`,
    sources in `listings`, what is true of the home in `home`; `recovery` writes down again what was lost.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.arrivals = Arrivals(engine)
        self.renewals = Renewals(engine)
        self.claims = Claims(engine)
        self.deliveries = Deliveries(engine)
        self.raw_copies = RawCopies(engine)
        self.replays = Replays(engine)
        self.retractions = Retractions(engine)
        self.absences = Absences(engine)
        self.retirement = Retirement(engine)
        self.receipts = Receipts(engine)
        self.worklist = Worklist(engine)
        self.queries = Queries(engine)
        self.search = Search(engine)
        self.partitions = Partitions(engine)
        self.outages = Outages(engine)
        self.completeness = Completeness(engine)
        self.listings = Listings(engine)
        self.home = Facts(engine)
        self.recovery = Recovery(engine)

    def feed(self) -> Feed:
        """What happens from now on."""
        return Feed(self.engine)


def open_ledger(url: str, *, durable: bool = True) -> Ledger:
    """Open the ledger at a SQLAlchemy URL and create its tables where they are missing.

    Args:
        durable: what is committed to a file is on the disk. A server keeps what it has committed.

    What SQLite says of the file, now or later, is raised as ours: `StoreDamaged`, `StoreForbidden` and their like.

    Raises:
        NewerHome: a newer version of this program wrote it.
    """
    new: Path | None = None
    if make_url(url).get_backend_name() == "sqlite":
        file = Path(make_url(url).database or "")
        file.parent.mkdir(parents=True, exist_ok=True)
        new = None if file.exists() else file.absolute()
        engine = create_engine(url, connect_args={"timeout": 60})
        event.listen(engine, "connect", share)
        event.listen(engine, "handle_error", tell)
        if durable:
            event.listen(engine, "connect", wait_for_disk)
    else:
        engine = create_engine(url, pool_pre_ping=True)
    check_format(engine)
    _create(engine)
    _grow(engine)
    ledger = Ledger(engine)
    ledger.home.sign()
    if new and durable:
        sync([new.parent, new.parent.parent])
    return ledger


def _create(engine: Engine) -> None:
    """Create the tables, which another process may be creating just now."""
    for _ in range(len(metadata.tables)):
        try:
            return metadata.create_all(engine)
        except DBAPIError:
            if not inspect(engine).get_table_names():
                raise
    return metadata.create_all(engine)


def _grow(engine: Engine) -> None:
    """Add the columns and the indexes that a ledger of an earlier version lacks."""
    found = inspect(engine)
    for table in metadata.sorted_tables:
        held = {column["name"] for column in found.get_columns(table.name)}
        for column in [column for column in table.columns if column.name not in held]:
            _add(engine, table.name, column)
        kept = {str(index["name"]): index["column_names"] for index in found.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if kept.get(str(index.name)) != [column.name for column in index.columns]:
                with engine.begin() as connection:
                    connection.execute(DropIndex(index, if_exists=True))
                    connection.execute(CreateIndex(index, if_not_exists=True))
    with engine.begin() as connection:
        _name(connection)


def _add(engine: Engine, table: str, column: Column[Any]) -> None:
    """Add one column, which another process may have added just now."""
    try:
        with engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {CreateColumn(column).compile(engine)}"))
    except DBAPIError:
        if column.name not in {held["name"] for held in inspect(engine).get_columns(table)}:
            raise


def _name(connection: Connection) -> None:
    """Names for the deliveries of a ledger that had none; a path that ends in a slash has none for ever."""
    nameless = select(deliveries.c.key, deliveries.c.path).where(
        deliveries.c.name == "", deliveries.c.path.not_like("%/")
    )
    found = [{"b_key": row.key, "name": name_of(row.path)} for row in connection.execute(nameless)]
    if found:
        connection.execute(update(deliveries).where(deliveries.c.key == bindparam("b_key")), found)
