"""Opening the ledger: SQLite by default, any SQLAlchemy URL otherwise."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, event, make_url

from dropzone_assets.durable import sync
from dropzone_assets.ledger.absences import Absences
from dropzone_assets.ledger.arrivals import Arrivals
from dropzone_assets.ledger.claims import Claims
from dropzone_assets.ledger.completeness import Completeness
from dropzone_assets.ledger.deliveries import Deliveries
from dropzone_assets.ledger.facts import Facts, check_format
from dropzone_assets.ledger.feed import Feed
from dropzone_assets.ledger.listings import Listings
from dropzone_assets.ledger.migrations import migrate
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
from dropzone_assets.ledger.search import Search
from dropzone_assets.ledger.worklist import Worklist
from dropzone_assets.sqlite import share, translate, wait_for_disk


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
    """Open the ledger at a SQLAlchemy URL; make it, or bring it to the shape of this release, where that is needed.

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
        event.listen(engine, "handle_error", translate)
        if durable:
            event.listen(engine, "connect", wait_for_disk)
    else:
        engine = create_engine(url, pool_pre_ping=True)
    check_format(engine)
    migrate(engine)
    ledger = Ledger(engine)
    ledger.home.sign()
    if new and durable:
        sync([new.parent, new.parent.parent])
    return ledger
