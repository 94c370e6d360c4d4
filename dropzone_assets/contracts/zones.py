"""Local times of a zone as moments in UTC: which of them come twice or never, and what becomes of those.

A local time has at most two moments: one by the offset that the zone had a day before, one by the offset that it has a
day after. Where the two offsets are one, as on all days but two of a year, the moment is plain; else each is right that
reads the local time when it is asked for it. No zone's clock has ever been moved twice within two days.
"""

from dropzone_assets.engine import literal

TWICE, NEVER = "ambiguous-time", "no-such-time"
"""Reasons for a local time that has two moments, and for one that has none."""

DAY = 86_400_000_000

_EARLIER, _LATER = "p[1]", "p[2]"


def in_utc(local: str, zone: str, dst: str = "", half: str = "") -> str:
    """SQL: the moment of a local time as a TIMESTAMP in UTC, NULL where there is not just one.

    Args:
        local: SQL for a TIMESTAMP without a zone; it is asked once.
        zone: SQL for the name of the zone.
        dst: which moment a time has that comes twice or never.
        half: SQL for which of the two it is by its place in the file, 1 or 2, for `by_order`.
    """
    twice = {"first": _EARLIER, "shift": _EARLIER, "second": _LATER, "by_order": f"p[{half or 'NULL::BIGINT'}]"}
    never = _EARLIER if dst == "shift" else "NULL"
    value = (
        f"CASE WHEN {_EARLIER} = {_LATER} THEN {_EARLIER} "
        f"WHEN {is_twice(zone)} THEN {twice.get(dst, 'NULL')} "
        f"WHEN {_is_right(_EARLIER, zone)} THEN {_EARLIER} WHEN {_is_right(_LATER, zone)} THEN {_LATER} "
        f"ELSE {never} END"
    )
    return f"make_timestamp({_of_both(local, zone, value)})"


def doubt(local: str, zone: str) -> str:
    """SQL: why a local time has no moment of its own, as the kind of the reason; NULL where it has one."""
    kind = (
        f"CASE WHEN {_EARLIER} = {_LATER} THEN NULL "
        f"WHEN {is_twice(zone)} THEN {literal(TWICE)} "
        f"WHEN NOT {_is_right(_EARLIER, zone)} AND NOT {_is_right(_LATER, zone)} THEN {literal(NEVER)} END"
    )
    return _of_both(local, zone, kind)


def both(local: str, zone: str) -> str:
    """SQL: a list of the moment by the offset of a day before, and by that of a day after, in microseconds."""
    before = f"epoch_us(timezone({zone}, {local} - INTERVAL 1 DAY)) + {DAY}"
    return f"[{before}, epoch_us(timezone({zone}, {local} + INTERVAL 1 DAY)) - {DAY}]"


def is_twice(zone: str) -> str:
    """SQL: whether both moments `p` of the local time `l`, which are not one, are right."""
    return f"({_is_right(_EARLIER, zone)} AND {_is_right(_LATER, zone)})"


def _of_both(local: str, zone: str, value: str) -> str:
    """SQL of the local time `l` and its two moments `p`, in microseconds; a lambda is a name for what is asked once."""
    inner = f"list_transform([{both('l', zone)}], lambda p: {value})[1]"
    return f"list_transform([{local}], lambda l: {inner})[1]"


def _is_right(moment: str, zone: str) -> str:
    """SQL: whether the zone's clock shows the local time at a moment."""
    return f"timezone({zone}, timezone('UTC', make_timestamp({moment}))) = l"
