"""The times that a server told us, so that it is not asked about every file at every look."""

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple
from zlib import crc32

from dropzone_assets.sources.wire.ftp_lines import Line

SURE = 120.0
"""Seconds for which a line has to stand before its time is believed: the minute that a line shows is over by then."""

FRESH = 900.0
"""Seconds for which a time is believed; each file has its own share of it, so that not all are asked about at once."""


class _Known(NamedTuple):
    line: Line
    seen: float
    asked: float
    time: str


class Times:
    """What was known in the look before, and is known in this one."""

    def __init__(self) -> None:
        self._before: dict[bytes, _Known] = {}
        self._now: dict[bytes, _Known] = {}

    def look(self) -> None:
        """Another look begins; files that the last one did not find are forgotten."""
        self._before, self._now = self._now, {}

    def time_of(self, path: bytes, line: Line, ask: Callable[[], str]) -> str:
        """The time of a file: as known before while its line is the same, else what `ask` says."""
        known = self._before.get(path)
        now = monotonic()
        if not known or known.line != line:
            known = _Known(line, now, now, ask())
        elif known.asked - known.seen < SURE or now - known.asked > FRESH * (0.5 + crc32(path) % 1000 / 1000):
            known = known._replace(asked=now, time=ask())
        self._now[path] = known
        return known.time
