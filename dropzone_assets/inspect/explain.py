"""Explain: the whole story of one file, every version of it, from the ledger alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from dropzone_assets.inspect.delivery_status import sleeps, status_of
from dropzone_assets.ledger import SUPERSEDED, DeliveryRow, JournalRow, PartitionRow
from dropzone_assets.platform import Platform

SETTLES = {
    "folder": "unchanged for {0:g} s",
    "sftp": "seen unchanged for {0:g} s",
    "ftp": "seen unchanged for {0:g} s",
    "ftps": "seen unchanged for {0:g} s",
}
"""Kind of source → how it is seen that a file is finished; at the others an object appears whole."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened: when (UTC), what, in which run, and what is to be said of it."""

    at: datetime
    event: str
    run: str
    said: str


@dataclass(frozen=True)
class Day:
    """One data date of a delivery: its valid rows there, and what the lake holds of the day. `due`: not all yet."""

    table: str
    day: date
    rows: int
    published_at: datetime | None
    lake_rows: int
    due: bool


@dataclass(frozen=True)
class Part:
    """What came in a file: a member of an archive, or the share of a table."""

    key: str
    path: str
    table: str
    state: str
    rows_read: int
    valid: int
    quarantined: int
    reason: str


@dataclass(frozen=True)
class Version:
    """One delivery: what happened to it in order, how it stands, where its rows are, what came in it."""

    key: str
    version: str
    size: int
    table: str
    state: str
    now: str
    entries: Sequence[Entry]
    days: Sequence[Day] = ()
    parts: Sequence[Part] = ()
    copies: Sequence[str] = ()


@dataclass(frozen=True)
class Story:
    """One file at one source, its versions newest first."""

    source: str
    path: str
    versions: Sequence[Version] = field(default_factory=tuple)


def explain_file(platform: Platform, text: str, source: str = "") -> list[Story]:
    """The stories of the files that `text` names: a key, a path, the end of a path; none when the ledger knows none."""
    found = []
    for location in platform.ledger.search.locations(text, source):
        rows = platform.ledger.search.versions(location)
        one = [row for row in rows if row.key == text]
        own = {row.key for row in rows}
        chosen = one or [row for row in rows if row.parent not in own]
        found.append(Story(*location, _versions(platform, chosen, rows)))
    return found


def _versions(platform: Platform, chosen: Sequence[DeliveryRow], all_versions: Sequence[DeliveryRow]) -> list[Version]:
    """Each of `chosen` told in full; a handful of queries, however many there are."""
    search, keys = platform.ledger.search, [row.key for row in chosen]
    journals, parts, copies = (
        search.journals(keys),
        _by(search.inside(keys), "parent"),
        _by(search.copies(keys), "same_as"),
    )
    days = _days(platform, keys)
    around = {row.key: row for row in search.of_keys([row.parent for row in chosen if row.parent])}
    return [
        Version(
            row.key,
            row.version,
            row.size,
            row.table_name,
            row.state,
            _now(platform, row),
            _entries(platform, row, journals.get(row.key, []), around.get(row.parent), _next(row, all_versions)),
            days.get(row.key, []),
            [_part(part) for part in parts.get(row.key, [])],
            [copy.path for copy in copies.get(row.key, [])],
        )
        for row in chosen
    ]


def _now(platform: Platform, row: DeliveryRow) -> str:
    if why := sleeps(platform, row):
        return f"{row.state}, and waiting: {why.found} {why.cure}"
    return status_of(row)


def _by(rows: Sequence[DeliveryRow], name: str) -> dict[str, list[DeliveryRow]]:
    found: dict[str, list[DeliveryRow]] = {}
    for row in rows:
        found.setdefault(getattr(row, name), []).append(row)
    return found


def _part(row: DeliveryRow) -> Part:
    return Part(row.key, row.path, row.table_name, row.state, row.rows_read, row.valid, row.quarantined, row.reason)


def _days(platform: Platform, keys: Sequence[str]) -> dict[str, list[Day]]:
    """Key → its data dates, with what the lake holds of each."""
    rows = platform.ledger.search.days(keys)
    lake: Mapping[str, Mapping[date, PartitionRow]] = {
        table: platform.ledger.partitions.of_days(
            table, sorted({row.data_date for row in rows if row.table_name == table})
        )
        for table in {row.table_name for row in rows}
    }
    found: dict[str, list[Day]] = {}
    for row in rows:
        held = lake[row.table_name].get(row.data_date)
        at, count = (held.published_at, held.lake_rows) if held else (None, 0)
        due = held is None or held.version > held.published
        found.setdefault(row.key, []).append(Day(row.table_name, row.data_date, row.valid, at, count, due))
    return found


def _next(row: DeliveryRow, versions: Sequence[DeliveryRow]) -> DeliveryRow | None:
    """The version that took the place of a superseded one: the next that was worth it."""
    later = [v for v in versions if v.arrived > row.arrived and v.table_name == row.table_name and v.key != row.key]
    worthy = [v for v in later if v.loaded_at or v.state in ("opened", "stored", "linked")]
    found = worthy or later
    return found[-1] if found and row.state == SUPERSEDED else None


def _entries(
    platform: Platform,
    row: DeliveryRow,
    journal: Sequence[JournalRow],
    around: DeliveryRow | None,
    successor: DeliveryRow | None,
) -> list[Entry]:
    """The journal in order, with what only the columns know: when it arrived, and what older ledgers did not write."""
    entries = [Entry(note.at, note.event, note.run, _said(note, successor)) for note in journal]
    events = {entry.event for entry in entries}
    if row.fetched_at and "fetched" not in events:
        entries.append(Entry(row.fetched_at, "fetched", "", f"{row.size:,} bytes, {row.content_hash[:12]}"))
    if row.loaded_at and "loaded" not in events:
        entries.append(Entry(row.loaded_at, "loaded", "", ""))
    if row.answered:
        entries.append(Entry(row.answered, "answered", "", "the sender has a receipt"))
    first = min([row.arrived, *(entry.at for entry in entries)])
    said = f"came in {around.path} (delivery {around.key})" if around else _settled(platform, row)
    return [Entry(first, "listed", "", said), *sorted(entries, key=lambda entry: entry.at)]


def _said(note: JournalRow, successor: DeliveryRow | None) -> str:
    if note.event == "superseded" and successor is not None:
        return f"by version {successor.version} (delivery {successor.key})"
    return note.said


def _settled(platform: Platform, row: DeliveryRow) -> str:
    config = platform.configs.get(row.source)
    how = SETTLES.get(config.kind, "an object appears whole") if config else "its source is no longer in sources.yaml"
    return f"{row.size:,} bytes at {row.source}; settled: {how.format(config.settle_seconds if config else 0)}"
