"""When things happen in a generated file, and how different clocks write the same moment."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random

WINDOW = timedelta(hours=1)
ZONES = (timezone(timedelta(hours=2)), timezone(timedelta(hours=-5)), timezone(timedelta(hours=5, minutes=30)))


def in_utc(when: datetime) -> datetime:
    """The same moment in UTC, to the second; a time without a zone is UTC already."""
    return (when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)).replace(microsecond=0)


def on_time(when: datetime, dice: Random) -> datetime:
    """A second of the hour before `when`."""
    return when - timedelta(seconds=dice.randrange(int(WINDOW.total_seconds())))


def too_late(when: datetime, dice: Random) -> datetime:
    """A second of the last two hours of an earlier day: two hours to the east it is the next day already."""
    midnight = when.replace(hour=0, minute=0, second=0) - timedelta(days=dice.choice((0, 0, 0, 1)))
    return midnight - timedelta(seconds=1 + dice.randrange(2 * 3600))


def microsecond_of(when: datetime) -> int:
    """The microsecond at which everything in a file happens: files of different seconds never share a moment."""
    return when.toordinal() % 11 * 86_400 + when.hour * 3600 + when.minute * 60 + when.second


def write_time(moment: datetime, dice: Random) -> str:
    """One of the ways to write a moment; read as UTC, each of them gives the moment back."""
    local = moment.astimezone(dice.choice(ZONES))
    zulu = moment.replace(tzinfo=None).isoformat() + "Z"
    plain = moment.replace(tzinfo=None).isoformat(sep=" ")
    return dice.choice((zulu, zulu, plain, local.isoformat(), local.isoformat(sep=" ")))
