"""Plan: group what is new, and what is due, into a handful of runs over ranges of days."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import uuid4

from blake3 import blake3

from dropzone_assets.errors import Permanent
from dropzone_assets.files import FILES
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.pipeline.awaited import awaited
from dropzone_assets.pipeline.cooldown import cooling_down
from dropzone_assets.pipeline.overdue import news
from dropzone_assets.platform import Platform

RANGES = 10
"""Runs per table and plan, at most."""

GAP = timedelta(days=10)
"""Days at most this far apart share a run: an empty day costs a few events (about 0.1 s), a run a process (seconds)."""

ATTEMPTS = 3
"""How often a delivery that is alone in its batch is tried when its run dies; then it has failed."""

SHORTEST, LONGEST = timedelta(seconds=5), timedelta(minutes=15)
"""When a failed publication is tried again: after five seconds, then twice as long each time, up to 15 minutes."""


class History(NamedTuple):
    """What became of a request: whether a run works on it now, how many runs of it have ended, and when the last."""

    active: bool
    ended: int
    last: datetime | None = None


class Request(NamedTuple):
    """One run to ask for: load the deliveries of a batch, publish partitions that are due, or tell of overdue days."""

    id: str
    table: str
    step: Literal["load", "publish", "alert"]
    first: date
    last: date
    size: int
    attempt: int = 0

    @property
    def run_key(self) -> str:
        """What makes Dagster start at most one run of this attempt."""
        return f"{self.id}-{self.attempt}"

    def __str__(self) -> str:
        days = str(self.first) if self.first == self.last else f"{self.first} … {self.last}"
        what = f"{self.size:,} {'file' if self.step == 'load' else 'day'}{'s' * (self.size != 1)}"
        return f"{self.step} {self.table}: {what} of {days}"


def replay_of(table: str) -> str:
    """The command that tries a failed delivery again once its cause is cured."""
    return "dropzone ingest" if not table else "dropzone replay" if table == FILES else f"dropzone replay {table}"


def plan_loads(platform: Platform, history: Callable[[str], History]) -> list[Request]:
    """The runs that load every pending delivery. Planned twice, the same request has the same id.

    Deliveries of a table whose contract is broken, inactive or gone now wait for it, and no death counts against them.
    Those of a table that only another process knows yet are its to ask for.

    Args:
        history: of a request, by its id; a run that ended and left deliveries pending has died.
    """
    ledger = platform.ledger
    requests, tables = [], (FILES, *platform.workable())
    sound = (FILES, *platform.contracts_now().tables)
    for batch, claimed in ledger.claims.claimed().items():
        past = history(batch)
        if past.active:
            continue
        if claimed[0].table not in sound:
            ledger.claims.put_back(batch, "Its table has no contract that can be honoured now.")
        elif past.ended:
            ledger.claims.release(batch, ATTEMPTS, _died(batch))
        elif claimed[0].table in tables:
            days = [delivery.file_date for delivery in claimed]
            requests.append(Request(batch, claimed[0].table, "load", min(days), max(days), len(claimed)))
    for table in tables:
        requests += _claim(platform, table)
    return requests


def _claim(platform: Platform, table: str) -> Iterator[Request]:
    free = platform.ledger.claims.unclaimed(table)
    lots = {lot: {d.file_date for d in free if d.lot == lot} for lot in sorted({d.lot for d in free})}
    for lot, (first, last) in [(each, days) for each, dates in lots.items() for days in ranges(dates)]:
        mine = [d.key for d in free if d.lot == lot and first <= d.file_date <= last]
        batch = uuid4().hex[:20]
        if count := platform.ledger.claims.claim(mine, batch):
            yield Request(batch, table, "load", first, last, count)


def plan_publications(platform: Platform, history: Callable[[str], History], *, patient: bool = True) -> list[Request]:
    """The runs that bring the lake and the summaries up to date.

    One that is at work is not asked for again, and one that failed not before some time has passed, longer each time:
    so an outage of the lake ends by itself. A partition that was rewritten a moment ago waits for more rows, if that
    costs much, and one whose rows the warehouse had lost for those. The ids hold the versions of partitions: new rows
    make a new request.

    Args:
        history: of a request, by its id.
        patient: false when a person asks, who does not wait.
    """
    requests = []
    due, unsummarised = platform.ledger.partitions.due(), platform.ledger.partitions.unsummarised()
    waiting = awaited(platform)
    tables = (INGESTION, *platform.workable())
    for table in sorted({*due, *unsummarised}):
        if table not in tables:
            continue
        asleep = cooling_down(platform, table, due.get(table, ()), now()) if patient else set()
        asleep |= waiting.get(table, set())
        behind = {**unsummarised.get(table, {}), **due.get(table, {})}
        versions = {day: version for day, version in behind.items() if day not in asleep}
        for first, last in ranges(versions):
            mine = {day: version for day, version in versions.items() if first <= day <= last}
            identity = _identity(table, "publish", *(f"{day}:{version}" for day, version in mine.items()))
            past = history(identity)
            if past.ended and not past.active:
                platform.ledger.outages.died(table, mine)
            if patient and (until := _waits(past)):
                platform.ledger.outages.wait(table, mine, until)
            elif not past.active:
                requests.append(Request(identity, table, "publish", first, last, len(mine), past.ended))
    return requests


def _waits(past: History) -> datetime | None:
    """Until when it is too early, if so; an end that is still to come is that of a clock that has been set back."""
    until = past.last and past.last + min(SHORTEST * 2 ** min(past.ended - 1, 20), LONGEST)
    return until if past.last and until and not past.active and past.last <= now() < until else None


def plan_alerts(
    platform: Platform, history: Callable[[str], History], at: datetime, *, patient: bool = True
) -> list[Request]:
    """The checks to ask because days became overdue by the passing of time, or are complete at last.

    What was alerted is in the ledger, so it is alerted once. The ids hold the completeness of each day.

    Args:
        history: of a request, by its id.
        at: the moment to validate at, in UTC.
        patient: as in `plan_publications`.
    """
    requests = []
    for table in platform.workable():
        contract = platform.contracts.tables[table]
        found = news(platform, contract, at) if contract.expected else []
        if found:
            identity = _identity(table, "alert", *(f"{s.day}:{s.completeness}" for s in found))
            past = history(identity)
            if not past.active and not (patient and _waits(past)):
                days = (found[0].day, found[-1].day)
                requests.append(Request(identity, table, "alert", *days, len(found), past.ended))
    return requests


def ranges(days: Iterable[date] | Mapping[date, object], most: int = RANGES) -> list[tuple[date, date]]:
    """Cover `days` with at most `most` ranges, first and last day of each, leaving out the widest gaps over `GAP`."""
    ordered = sorted(days)
    if not ordered:
        return []
    gaps = sorted(pairwise(ordered), key=lambda pair: pair[0] - pair[1])
    cuts = sorted(pair for pair in gaps[: most - 1] if pair[1] - pair[0] > GAP)
    firsts = [ordered[0], *(after for _, after in cuts)]
    lasts = [*(before for before, _ in cuts), ordered[-1]]
    return list(zip(firsts, lasts, strict=True))


def _identity(*parts: str) -> str:
    return blake3("\0".join(parts).encode()).hexdigest()[:20]


def _died(batch: str) -> Permanent:
    return Permanent(
        f"The runs that loaded this file, at last alone, ended early {ATTEMPTS} times (batch {batch}).",
        "Look at the last run in the Dagster UI, then: dropzone replay.",
    )
