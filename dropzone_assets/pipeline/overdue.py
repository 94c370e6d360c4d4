"""Overdue: which days are overdue, and what of it nobody has been told yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dropzone_assets.contracts import Contract
from dropzone_assets.ledger import Told
from dropzone_assets.pipeline.completeness import (
    COMPLETE,
    OVERDUE,
    PROVISIONAL,
    DayStatus,
    done,
    expected_days,
    statuses,
)
from dropzone_assets.platform import Platform


def overdue(platform: Platform, contract: Contract, at: datetime) -> list[DayStatus]:
    """The days that lack files whose time is up, in order."""
    return [change.now for change in _unsettled(platform, contract, at) if change.now.standing == OVERDUE]


def news(platform: Platform, contract: Contract, at: datetime) -> list[DayStatus]:
    """The days that became overdue, or are so no longer, since somebody was told.

    Days that were never overdue are written down here when they are complete: there is nothing to tell of them.
    """
    changes = [change for change in _unsettled(platform, contract, at) if change.counts]
    _write(platform, contract, [change.now for change in changes if not change.loud])
    return [change.now for change in changes if change.loud]


def tell(platform: Platform, contract: Contract, at: datetime) -> list[DayStatus]:
    """Write down what is told of every day from now on, and give those that are overdue."""
    found = _unsettled(platform, contract, at)
    _write(platform, contract, [change.now for change in found if change.counts])
    return [change.now for change in found if change.now.standing == OVERDUE]


class _Change(NamedTuple):
    """What a day was when somebody was last told of it, and what it is now."""

    before: str
    now: DayStatus

    @property
    def counts(self) -> bool:
        return self.before != self.now.standing or self.now.standing == COMPLETE

    @property
    def loud(self) -> bool:
        return self.before != self.now.standing and OVERDUE in (self.before, self.now.standing)


def _unsettled(platform: Platform, contract: Contract, at: datetime) -> list[_Change]:
    """Every expected day that nobody has been told is complete; so what is over costs nothing any more.

    A day that was told to be overdue and for which the contract expects nothing any more is overdue no longer.
    """
    expected = contract.expected
    if expected is None:
        return []
    told, wanted = platform.ledger.completeness.of(contract.table), expected_days(platform, contract, at)
    days = [day for day in wanted if not done(told.get(day), expected)]
    vain = sorted({day for day, one in told.items() if one.standing == OVERDUE}.difference(wanted))
    found = statuses(platform, contract.table, expected, days, told, at)
    found += [s._replace(standing=PROVISIONAL) for s in statuses(platform, contract.table, expected, vain, told, at)]
    found.sort(key=lambda s: s.day)
    return [_Change(told[s.day].standing if s.day in told else PROVISIONAL, s) for s in found]


def _write(platform: Platform, contract: Contract, changed: Sequence[DayStatus]) -> None:
    """The summary first: a kill in between makes it twice, never not at all."""
    platform.ledger.partitions.ingestion_changed([s.day for s in changed])
    lines = [Told(s.day, s.standing, s.arrived, s.completed) for s in changed]
    platform.ledger.completeness.told(contract.table, lines)
