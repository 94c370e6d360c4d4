"""Overdue: which days are overdue, and what of it nobody has been alerted yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dropzone_assets.contracts import Contract
from dropzone_assets.ledger import Alerted
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
    return [change.now for change in _unsettled(platform, contract, at) if change.now.completeness == OVERDUE]


def news(platform: Platform, contract: Contract, at: datetime) -> list[DayStatus]:
    """The days that became overdue, or are so no longer, since somebody was alerted.

    Days that were never overdue are written down here when they are complete: there is nothing to tell of them.
    """
    changes = [change for change in _unsettled(platform, contract, at) if change.counts]
    _write(platform, contract, [change.now for change in changes if not change.loud])
    return [change.now for change in changes if change.loud]


def alert(platform: Platform, contract: Contract, at: datetime) -> list[DayStatus]:
    """Write down what is told of every day from now on, and give those that are overdue."""
    found = _unsettled(platform, contract, at)
    _write(platform, contract, [change.now for change in found if change.counts])
    return [change.now for change in found if change.now.completeness == OVERDUE]


class _Change(NamedTuple):
    """What a day was when somebody was last told of it, and what it is now."""

    before: str
    now: DayStatus

    @property
    def counts(self) -> bool:
        return self.before != self.now.completeness or self.now.completeness == COMPLETE

    @property
    def loud(self) -> bool:
        return self.before != self.now.completeness and OVERDUE in (self.before, self.now.completeness)


def _unsettled(platform: Platform, contract: Contract, at: datetime) -> list[_Change]:
    """Every expected day that nobody has been told is complete; so what is over costs nothing any more.

    A day that was told to be overdue and for which the contract expects nothing any more is overdue no longer.
    """
    expected = contract.expected
    if expected is None:
        return []
    alerted, wanted = platform.ledger.completeness.of(contract.table), expected_days(platform, contract, at)
    days = [day for day in wanted if not done(alerted.get(day), expected)]
    vain = sorted({day for day, one in alerted.items() if one.completeness == OVERDUE}.difference(wanted))
    found = statuses(platform, contract.table, expected, days, alerted, at)
    no_more = statuses(platform, contract.table, expected, vain, alerted, at)
    found += [status._replace(completeness=PROVISIONAL) for status in no_more]
    found.sort(key=lambda s: s.day)
    return [_Change(alerted[s.day].completeness if s.day in alerted else PROVISIONAL, s) for s in found]


def _write(platform: Platform, contract: Contract, changed: Sequence[DayStatus]) -> None:
    """The summary first: a kill in between makes it twice, never not at all."""
    platform.ledger.partitions.ingestion_changed([s.day for s in changed])
    lines = [Alerted(s.day, s.completeness, s.arrived, s.completed) for s in changed]
    platform.ledger.completeness.alerted(contract.table, lines)
