"""Completeness: whether each day has the files that should have come, by the ledger and the clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from dropzone_assets.contracts import Contract, Expected
from dropzone_assets.ledger import FAILED, LINKED, LOADED, Alerted, ArrivalRow
from dropzone_assets.platform import Platform

PROVISIONAL, COMPLETE, OVERDUE = "provisional", "complete", "overdue"
"""Files are missing and may still come; all are there; files are missing and their time is up."""

DAY = timedelta(days=1)


class DayStatus(NamedTuple):
    """How one day of a table stands; moments in UTC.

    `arrived`: files that are loaded or linked. `failed`, `pending`: files that have come and are no rows yet.
    `completed`: when the last file came that was needed. `late`: whether that was after `due`; None while the day is
    not complete, and where nobody waits because the table is history.
    """

    table: str
    day: date
    completeness: str
    expected: int
    arrived: int
    failed: int
    pending: int
    due: datetime
    completed: datetime | None
    late: bool | None

    @property
    def evidence(self) -> str:
        """Why the day stands as it does, in a sentence without its full stop."""
        beside = [f"{count} {what}" for what in ("failed", "pending") if (count := getattr(self, what))]
        files = f"{self.arrived} of {self.expected} file{'s' * (self.expected != 1)}"
        return "; ".join([f"{files}, due {self.due:%Y-%m-%d %H:%M} UTC", *beside])


def expected_days(platform: Platform, contract: Contract, at: datetime) -> list[date]:
    """The file dates that should have files: from the first on, every period, to tomorrow or where the feed ends.

    Tomorrow counts because somewhere it has begun. A table that never had a file is not expected to have any, unless
    its contract names the first day.
    """
    expected, span = contract.expected, platform.ledger.queries.span(contract.table)
    if expected is None:
        return []
    first = expected.first or (span[0] if span else None)
    last = at.date() + DAY if expected.live else span[1] if span else None
    if first is None or last is None:
        return []
    first = max(first, platform.settings.start_date)
    last = min(last, at.date() + DAY, expected.last or date.max)
    return [first + n * DAY for n in range(0, (last - first).days + 1, expected.period)]


def day_statuses(platform: Platform, contract: Contract, days: Iterable[date], at: datetime) -> list[DayStatus]:
    """How each of `days` stands at a moment (UTC), as far as files are expected for it, in order of days.

    When a day was completed is not forgotten: a file that is restated later makes nothing late.
    """
    if contract.expected is None:
        return []
    asked = set(days)
    wanted = [day for day in expected_days(platform, contract, at) if day in asked]
    return statuses(
        platform, contract.table, contract.expected, wanted, platform.ledger.completeness.of(contract.table), at
    )


def statuses(
    platform: Platform,
    table: str,
    expected: Expected,
    days: Sequence[date],
    alerted: Mapping[date, Alerted],
    at: datetime,
) -> list[DayStatus]:
    """How these days stand; a file for any day of a period counts for its first."""
    windows = {day + n * DAY: day for day in days for n in range(expected.period)}
    found: dict[date, list[ArrivalRow]] = {}
    for row in platform.ledger.queries.arrivals(table, list(windows)):
        found.setdefault(windows[row.file_date], []).append(row)
    return [_status(table, expected, day, found.get(day, []), alerted.get(day), at) for day in days]


def done(alerted: Alerted | None, expected: Expected) -> bool:
    """Whether a day was told to be complete, and is so by what the contract expects now."""
    return alerted is not None and alerted.completeness == COMPLETE and alerted.arrived >= expected.files


def _status(
    table: str, expected: Expected, day: date, rows: Sequence[ArrivalRow], alerted: Alerted | None, at: datetime
) -> DayStatus:
    good = sorted((row.arrived, row.files) for row in rows if row.state in (LOADED, LINKED))
    failed = sum(row.files for row in rows if row.state == FAILED)
    arrived = sum(files for _, files in good)
    pending = sum(row.files for row in rows) - arrived - failed
    due = datetime.combine(day, time()) + expected.due
    completed = alerted.completed if alerted and done(alerted, expected) else _nth(good, expected.files)
    word = COMPLETE if arrived >= expected.files else OVERDUE if at > due else PROVISIONAL
    late = completed > due if completed and expected.live else None
    return DayStatus(table, day, word, expected.files, arrived, failed, pending, due, completed, late)


def _nth(arrivals: Sequence[tuple[datetime, int]], number: int) -> datetime | None:
    """When file `number` came, of files counted by their moment of arrival."""
    for moment, files in arrivals:
        number -= files
        if number <= 0:
            return moment
    return None
