"""What `slaProperties` promise: how fresh rows are, which files are expected, and when their time is up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from open_data_contract_standard.model import ServiceLevelAgreementProperty as Promise

from dropzone_assets.contracts.extension import ExpectedBlock
from dropzone_assets.errors import BadContract

MINUTES = ("m", "min", "minute", "minutes")
UNITS = {
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("h", "hour", "hours"), 1 / 24),
    **dict.fromkeys(MINUTES, 1 / 1440),
    **dict.fromkeys(("y", "yr", "year", "years"), 365.0),
}
"""Unit → days."""

CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?")


@dataclass(frozen=True)
class Expected:
    """Which files should come: `files` for every `period` of days, until `due` after the period's first midnight (UTC).

    `live`: up to today; otherwise up to the newest file there is. `first`, `last`: the days between which files are
    expected, where the contract names them.
    """

    files: int
    period: int
    due: timedelta
    live: bool = True
    first: date | None = None
    last: date | None = None


def freshness(sla: Sequence[Promise]) -> timedelta | None:
    """How old the newest rows may be: `frequency`, plus `latency` where there is one.

    Raises:
        BadContract: one of them is no number of a known unit.
    """
    days = {p.property: _length(p) for p in sla if p.property in ("frequency", "latency")}
    return sum(days.values(), timedelta()) if "frequency" in days else None


def expected(sla: Sequence[Promise], block: ExpectedBlock | None) -> Expected | None:
    """Which files are expected; None unless the contract says both how often and until when.

    Of several times of availability the first that comes counts.

    Raises:
        BadContract: a promise cannot be understood, or the block stands alone.
    """
    often = next((p for p in sla if p.property == "frequency"), None)
    times = [_since_midnight(p) for p in sla if p.property == "timeOfAvailability"]
    if not often or not times:
        if block:
            raise BadContract(
                "`expected` says more about a promise that is not there.",
                "Add frequency and timeOfAvailability to slaProperties.",
            )
        return None
    block = block or ExpectedBlock()
    files, period = _rhythm(often)
    return Expected(
        files=block.files or files,
        period=period,
        due=timedelta(days=period - 1 + block.due_days) + min(times),
        live=block.until == "today",
        first=_day(sla, "generalAvailability"),
        last=_day(sla, "endOfLife"),
    )


def dates_as_text(document: object) -> object:
    """A contract as YAML reads it, with the dates of `slaProperties` as the text that the standard's model wants."""
    listed = document.get("slaProperties") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, list):
        return document
    return {**document, "slaProperties": [_with_text(each) for each in listed]}


def _with_text(promise: Any) -> Any:
    if not isinstance(promise, dict):
        return promise
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in promise.items()}


def _length(promise: Promise) -> timedelta:
    unit, value = (promise.unit or "d").lower(), promise.value or 0
    try:
        return timedelta(days=float(value) * UNITS[unit])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadContract(
            f"slaProperties: {promise.property} is {value!r} {unit}.", f"Use a number and one of {', '.join(UNITS)}."
        ) from error


def _rhythm(often: Promise) -> tuple[int, int]:
    """Files, and the days they are for: 1 h is 24 files for each day, 7 d one file for every seven days."""
    day, length = timedelta(days=1), _length(often)
    if timedelta() < length <= day and not day % length:
        return day // length, 1
    if length > day and not length % day:
        return 1, length // day
    raise BadContract(
        f"slaProperties: with a frequency of {often.value} {often.unit or 'd'} no day has a whole number of files.",
        "Use a part of a day, as 15 m or 6 h, or whole days, as 1 d or 7 d; or leave timeOfAvailability out.",
    )


def _since_midnight(promise: Promise) -> timedelta:
    """A time of day as the time since midnight UTC; without an offset it is UTC.

    YAML 1.1 reads 10:30 as 630 minutes and 10:30:00 as 37,800 seconds, where no quotes are around it.
    """
    value = promise.value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 86_400:
        return timedelta(minutes=value) if value < 1440 else timedelta(seconds=value)
    try:
        if not isinstance(value, str) or not CLOCK.fullmatch(value):
            raise ValueError(value)
        clock = time.fromisoformat(value.zfill(len(value) + (value[1] == ":")))
    except ValueError as error:
        raise BadContract(
            f"slaProperties: timeOfAvailability is {value!r}.", "Use a time of day, as '09:00' or '09:00-08:00'."
        ) from error
    since = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    return since - (clock.utcoffset() or timedelta())


def _day(sla: Sequence[Promise], name: str) -> date | None:
    """The day that a promise names, as it is written there."""
    found = next((p for p in sla if p.property == name), None)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(str(found.value)).date()
    except ValueError as error:
        raise BadContract(f"slaProperties: {name} is {found.value!r}.", "Use a day, as 2024-05-01.") from error
