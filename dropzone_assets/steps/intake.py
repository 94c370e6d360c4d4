"""Intake: look at a source, write new deliveries into the ledger, and say which table each belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dropzone_assets import engine
from dropzone_assets.archives import is_archive
from dropzone_assets.contracts import Recognised, recognise
from dropzone_assets.errors import DropzoneError, Refused
from dropzone_assets.files import FILES, Delivery, Listed
from dropzone_assets.ledger import SIDECAR
from dropzone_assets.platform import Platform
from dropzone_assets.steps.look import look


@dataclass
class Intake:
    """What a look came to, in files: seen at the source, new to the ledger, not settled yet, refused by name."""

    seen: int = 0
    new: int = 0
    waiting: int = 0
    refused: int = 0


@dataclass
class _Strange:
    """What is not simply known: files to take in now, and files that have to be watched first."""

    ready: dict[str, Listed] = field(default_factory=dict)
    watched: dict[str, Listed] = field(default_factory=dict)
    nameless: set[str] = field(default_factory=set)
    sidecars: set[str] = field(default_factory=set)


def take_in(platform: Platform, name: str) -> Intake:
    """Look at one source and record what is new. Reads no file; asked twice, the second answer has nothing new.

    What is known already costs no Python. Pages that came before a source broke off are taken in.

    Raises:
        SourceUnavailable: the source cannot be listed.
        Permanent: it does not let us in.
    """
    intake, watched, sidecars = Intake(), dict[str, Listed](), set[str]()
    gone = {delivery.key for delivery in platform.ledger.deliveries.nameless(name)}
    try:
        with engine.connect() as connection:
            for page in look(connection, platform.sources[name], platform.configs[name]):
                strange = _strange(platform, name, connection, page, intake)
                watched |= strange.watched
                sidecars |= strange.sidecars
                gone -= strange.nameless
                _take(platform, strange.ready, strange.sidecars, intake)
    except DropzoneError as error:
        platform.ledger.looks.looked(name, _now(), intake.seen, str(error))
        raise
    _take(platform, _settled(platform, name, watched, intake), sidecars, intake)
    platform.ledger.deliveries.superseded(sorted(gone))
    platform.ledger.looks.looked(name, _now(), intake.seen)
    return intake


def _strange(platform: Platform, name: str, connection: engine.Connection, page: str, intake: Intake) -> _Strange:
    """The files of a page that the ledger does not simply know."""
    count = f"SELECT count(*), count(*) FILTER (NOT settled), to_json(list(key))::VARCHAR FROM {page}"
    seen, waiting, keys = engine.rows(connection, count)[0]
    intake.seen += seen
    intake.waiting += waiting
    fates = platform.ledger.deliveries.strange(keys) if seen else {}
    found = _Strange()
    columns = "key, settled, sidecar, path, version, size, problem"
    mine = f"SELECT {columns} FROM {page} WHERE key IN (SELECT unnest($1)) AND settled IS DISTINCT FROM false"
    for key, settled, sidecar, path, version, size, problem in engine.rows(connection, mine, [list(fates)]):
        (found.ready if settled else found.watched)[key] = Listed(name, path, version, size, problem=problem)
        found.sidecars |= {key} if sidecar else set()
    found.nameless = {key for key, fate in fates.items() if fate == "nameless"}
    platform.ledger.deliveries.leaving([key for key, fate in fates.items() if fate == "left"], "")
    return found


def _settled(platform: Platform, name: str, watched: dict[str, Listed], intake: Intake) -> dict[str, Listed]:
    """Of files at a source that cannot tell, those that have been there unchanged for the settle time."""
    now, patience = _now(), timedelta(seconds=platform.configs[name].settle_seconds)
    since = platform.ledger.looks.unchanged_since(name, list(watched), now)
    ready = {key: item for key, item in watched.items() if now - since[key] >= patience}
    intake.waiting += len(watched) - len(ready)
    return ready


def _take(platform: Platform, ready: dict[str, Listed], sidecars: set[str], intake: Intake) -> None:
    """Write down what has settled: new files, older versions that are back, files a contract has learned to know."""
    if not ready:
        return
    deliveries, now = platform.ledger.deliveries, _now()
    known = {d.key: d for d in deliveries.of_keys(list(ready))}
    back = [key for key, delivery in known.items() if delivery.state == "superseded"]
    deliveries.restore(back)
    new = [item for key, item in ready.items() if key not in known]
    beside = {item.key: item for item in new if item.key in sidecars and not item.problem}
    deliveries.record([_nobodys(item, now, SIDECAR) for item in beside.values()])
    refused = record(platform, [item for item in new if item.key not in beside], now)
    for key in [key for key, delivery in known.items() if delivery.state == "failed" and not delivery.table]:
        _adopt(platform, known[key], ready[key])
    intake.refused += refused
    intake.new += len(new) - len(beside) + len(back)


def record(platform: Platform, items: Iterable[Listed], now: datetime) -> int:
    """Write new files down, those that no contract recognises as failed; how many of these."""
    good: list[Delivery] = []
    refused: dict[Listed, Refused] = {}
    for item in items:
        try:
            good.append(recognised(platform, item, now))
        except Refused as refusal:
            refused[item] = refusal
    deliveries = platform.ledger.deliveries
    deliveries.record([*good, *(_nobodys(item, now) for item in refused)])
    for item, why in refused.items():
        deliveries.failed(item.key, "read", why)
    if refused:
        platform.ledger.partitions.ingestion_changed([now.date()])
    return len(refused)


def recognised(platform: Platform, item: Listed, arrived: datetime) -> Delivery:
    """The delivery that a file is, with its table, or `FILES` where it is not one table's.

    Raises:
        Refused: no contract recognises it, or it can never be read.
    """
    if item.problem:
        raise Refused(f"{item.path!r} {item.problem}.", "Give it a plain name, or drop the file itself.")
    config = platform.configs.get(item.source)
    if (config and config.deliver == "raw") or is_archive(item.path):
        return Delivery(item.key, item.source, item.path, item.version, item.size, FILES, arrived, arrived)
    tables, file_time = _tables_of(platform, item, arrived)
    first, last = platform.settings.start_date, datetime.now(UTC).date() + timedelta(days=1)
    if not first <= file_time.date() <= last:
        raise Refused(
            f"{item.path} is for {file_time.date()}, which is not between {first} and tomorrow.",
            "Rename it, or set DROPZONE_START_DATE to an earlier day.",
        )
    shared = any(platform.contracts.tables[table].selects for table in tables)
    table = FILES if shared else tables[0]
    return Delivery(item.key, item.source, item.path, item.version, item.size, table, file_time, arrived)


def _tables_of(platform: Platform, item: Listed, arrived: datetime) -> Recognised:
    """Which tables the file feeds; where none is found, contracts left out are named too."""
    try:
        return recognise(item.path, platform.contracts.tables.values(), arrived)
    except Refused as refusal:
        left_out = [*(error.found.split(":")[0] for error in platform.contracts.broken), *platform.contracts.inactive]
        if not left_out:
            raise
        cure = f"{refusal.cure} Left out now: {', '.join(left_out)}; see: dropzone contracts check."
        raise Refused(refusal.found, cure) from refusal


def _adopt(platform: Platform, delivery: Delivery, item: Listed) -> None:
    """A contract may have learned the name of a file that was refused before."""
    try:
        platform.ledger.deliveries.adopt(recognised(platform, item, delivery.arrived))
    except Refused:
        return


def _nobodys(item: Listed, now: datetime, state: str = "listed") -> Delivery:
    return Delivery(item.key, item.source, item.path, item.version, item.size, "", now, now, state)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
