"""Discover: list a source, write new deliveries into the ledger, and say which table each belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dropzone_assets import engine
from dropzone_assets.archives import is_archive
from dropzone_assets.contracts import Recognised, recognise
from dropzone_assets.errors import DropzoneError, Refused
from dropzone_assets.files import FILES, Delivery, Listed
from dropzone_assets.ledger import SIDECAR, now
from dropzone_assets.pipeline.list_source import list_source
from dropzone_assets.pipeline.missing_at_source import Absence
from dropzone_assets.pipeline.renew import renew
from dropzone_assets.platform import Platform


@dataclass
class Discovered:
    """What a look came to, in files: seen at the source, new to the ledger, not settled yet, refused by name.

    `gone`: files that are no longer there. `changed`: tables of files that are gone, or there again.
    """

    seen: int = 0
    new: int = 0
    waiting: int = 0
    refused: int = 0
    gone: int = 0
    changed: set[str] = field(default_factory=set)


@dataclass
class _Unusual:
    """What is not simply known: files to take in now, files to watch first, and what the ledger says of each.

    `unsettled`: key → path of files that their source says are still written to; they are watched for the curious.
    """

    ready: dict[str, Listed] = field(default_factory=dict)
    watched: dict[str, Listed] = field(default_factory=dict)
    unsettled: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    sidecars: set[str] = field(default_factory=set)


def discover(platform: Platform, name: str) -> Discovered:
    """Look at one source and record what is new. Reads no file; asked twice, the second answer has nothing new.

    What is known already costs no Python. Pages that came before a source broke off are taken in.

    Raises:
        SourceUnavailable: the source cannot be listed.
        Permanent: it does not let us in.
    """
    discovered, later = Discovered(), _Unusual()
    gone = {delivery.key for delivery in platform.ledger.arrivals.nameless(name)}
    try:
        with engine.connect() as connection:
            absence = Absence(platform, name, connection)
            for page in list_source(connection, platform.sources[name], platform.configs[name]):
                absence.saw(page)
                unusual = _unusual(platform, name, connection, page, discovered)
                _take(platform, name, unusual, discovered)
                gone.difference_update(unusual.kinds)
                later.watched |= unusual.watched
                later.unsettled |= unusual.unsettled
                later.sidecars |= unusual.sidecars
                later.kinds |= {key: unusual.kinds[key] for key in unusual.watched}
            missed = absence.mark()
    except DropzoneError as error:
        platform.ledger.listings.record(name, now(), discovered.seen, str(error))
        raise
    later.ready = _settled(platform, name, later, discovered)
    _take(platform, name, later, discovered)
    platform.ledger.deliveries.superseded(sorted(gone))
    discovered.gone = len(missed)
    discovered.changed |= _tables(platform, missed)
    platform.ledger.listings.record(name, now(), discovered.seen, _empty(platform, name, discovered), absence.listing)
    return discovered


def _empty(platform: Platform, name: str, discovered: Discovered) -> str:
    """What is wrong with a source that had files and lists nothing at all."""
    had = 0 if discovered.seen or platform.configs[name].gone == "keep" else platform.ledger.absences.absences(name)
    return f"{name} lists nothing at all, though {had:,} files were there. Is its folder mounted?" if had else ""


def _tables(platform: Platform, keys: Iterable[str]) -> set[str]:
    """The tables of deliveries and of all that came in them."""
    return {row.table_name for row in platform.ledger.retractions.within(sorted(keys))}


def _unusual(
    platform: Platform, name: str, connection: engine.Connection, page: str, discovered: Discovered
) -> _Unusual:
    """The files of a page that the ledger does not simply know."""
    count = f"SELECT count(*), count(*) FILTER (NOT settled), to_json(list(key ORDER BY key))::VARCHAR FROM {page}"
    seen, waiting, keys = engine.rows(connection, count)[0]
    discovered.seen += seen
    discovered.waiting += waiting
    found = _Unusual(kinds=platform.ledger.arrivals.unusual(keys) if seen else {})
    if not found.kinds:
        return found
    columns = "key, settled, sidecar, path, version, size, problem"
    mine = f"SELECT {columns} FROM {page} WHERE key IN (SELECT unnest($1))"
    for key, settled, sidecar, path, version, size, problem in engine.rows(connection, mine, [list(found.kinds)]):
        if settled is False:
            found.unsettled[key] = path
            continue
        (found.ready if settled else found.watched)[key] = Listed(name, path, version, size, problem=problem)
        found.sidecars |= {key} if sidecar else set()
    platform.ledger.retirement.mark([key for key, kind in found.kinds.items() if kind == "left"], "")
    again = [key for key, kind in found.kinds.items() if kind == "gone"]
    platform.ledger.absences.there_again(again)
    discovered.changed |= _tables(platform, again)
    return found


def _settled(platform: Platform, name: str, later: _Unusual, discovered: Discovered) -> dict[str, Listed]:
    """Of files at a source that cannot tell, those that have been there unchanged for the settle time."""
    at, patience = now(), timedelta(seconds=platform.configs[name].settle_seconds)
    watched = later.watched
    files = {**{key: item.path for key, item in watched.items()}, **later.unsettled}
    since = platform.ledger.listings.unchanged_since(name, files, at)
    ready = {key: item for key, item in watched.items() if at - since[key] >= patience}
    discovered.waiting += len(watched) - len(ready)
    return ready


def _take(platform: Platform, name: str, unusual: _Unusual, discovered: Discovered) -> None:
    """Write down what has settled: new files, older versions that are back, files a contract has learned to know."""
    if not unusual.ready:
        return
    ledger = platform.ledger
    arrived = ledger.arrivals.arrival(name, [item.path for item in unusual.ready.values()])
    new, back, nameless = (_of(unusual, kind) for kind in ("new", "superseded", "nameless"))
    if new and platform.configs[name].gone != "keep":
        discovered.changed |= _tables(platform, ledger.absences.taken_again(name, [item.path for item in new.values()]))
    renewed = renew(platform, name, new, arrived)
    new = {key: item for key, item in new.items() if key not in renewed}
    ledger.arrivals.restore(list(back), arrived)
    beside = {key: item for key, item in new.items() if key in unusual.sidecars and not item.problem}
    ledger.arrivals.record([_nobodys(item, arrived, SIDECAR) for item in beside.values()])
    discovered.refused += record(platform, [item for key, item in new.items() if key not in beside], arrived)
    for known in ledger.worklist.of_keys([*nameless, *back]):
        if not known.table:
            _adopt(platform, known, unusual.ready[known.key])
    discovered.new += len(new) - len(beside) + len(back)


def _of(unusual: _Unusual, kind: str) -> dict[str, Listed]:
    return {key: item for key, item in unusual.ready.items() if unusual.kinds[key] == kind}


def record(platform: Platform, items: Iterable[Listed], arrived: datetime) -> int:
    """Write new files down, those that no contract recognises as failed; how many of these."""
    good: list[Delivery] = []
    refused: dict[Listed, Refused] = {}
    for item in items:
        try:
            good.append(recognised(platform, item, arrived))
        except Refused as refusal:
            refused[item] = refusal
    ledger = platform.ledger
    ledger.arrivals.record([*good, *(_nobodys(item, arrived) for item in refused)])
    for item, why in refused.items():
        ledger.deliveries.failed(item.key, "read", why)
    if refused:
        platform.ledger.partitions.ingestion_changed([arrived.date()])
    return len(refused)


def recognised(platform: Platform, item: Listed, arrived: datetime) -> Delivery:
    """The delivery that a file is, with its table, or `FILES` where it is not one table's.

    Raises:
        Refused: no contract recognises it, or it can never be read.
    """
    if item.problem:
        raise Refused(f"{item.path!r} {item.problem}.", "Give it a plain name, or drop the file itself.")
    if passed_on(platform, item.source) or is_archive(item.path):
        return Delivery(item.key, item.source, item.path, item.version, item.size, FILES, arrived, arrived)
    tables, file_time = _tables_of(platform, item, arrived)
    first, last = platform.settings.start_date, now().date() + timedelta(days=1)
    if not first <= file_time.date() <= last:
        raise Refused(
            f"{item.path} is for {file_time.date()}, which is not between {first} and tomorrow.",
            "Rename it, or set DROPZONE_START_DATE to an earlier day.",
        )
    known = platform.contracts.tables
    shared = any(table in known and known[table].selects for table in tables)
    table = FILES if shared else tables[0]
    return Delivery(item.key, item.source, item.path, item.version, item.size, table, file_time, arrived)


def passed_on(platform: Platform, source: str) -> bool:
    """Whether files of a source go to the raw zone and no further."""
    config = platform.configs.get(source)
    return config is not None and config.deliver == "raw"


def _tables_of(platform: Platform, item: Listed, arrived: datetime) -> Recognised:
    """Which tables the file feeds, or would if their contracts were honoured now; the others left out are named."""
    contracts = platform.contracts
    try:
        return recognise(item.path, contracts.tables.values(), arrived, contracts.left_out)
    except Refused as refusal:
        if not contracts.left_out:
            raise
        left_out = ", ".join(each.name for each in contracts.left_out)
        cure = f"{refusal.cure} Left out now: {left_out}; see: dropzone contracts check."
        raise Refused(refusal.found, cure) from refusal


def _adopt(platform: Platform, delivery: Delivery, item: Listed) -> None:
    """A contract may have learned the name of a file that was refused before."""
    try:
        platform.ledger.arrivals.adopt(recognised(platform, item, delivery.arrived))
    except Refused:
        return


def _nobodys(item: Listed, arrived: datetime, state: str = "listed") -> Delivery:
    return Delivery(item.key, item.source, item.path, item.version, item.size, "", arrived, arrived, state)
