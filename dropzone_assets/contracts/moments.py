"""Dates, times of day and moments: the SQL that reads a text as one of them, or says why it is none.

Refused on purpose is what DuckDB would take silently: `infinity`, `epoch`, the time of day in a date, a year without
its century, the offset of a time of day, the name of a zone that several have (BST), a local time that
comes twice or never.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dropzone_assets.contracts.extension import ColumnBlock
from dropzone_assets.contracts.rules import Doubts
from dropzone_assets.contracts.written import Read, read_by
from dropzone_assets.contracts.zones import NEVER, TWICE, doubt, in_utc
from dropzone_assets.engine import literal
from dropzone_assets.errors import BadContract

FORMATS = "ambiguous-date"
"""The reason for a text that several formats read differently."""

SENTENCES = {
    FORMATS: "is one date, by whichever of its formats",
    TWICE: "is no time that comes twice where clocks are put back",
    NEVER: "is no time that is skipped where clocks are put forward",
}
"""Kind of reason → what it asks for."""

_dated = "{text} GLOB '[1-9][0-9][0-9][0-9][!0-9]*'"
_second = "[1-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
_common = f"({{text}} GLOB '{_second}*' AND (strlen({{text}}) = 19 OR strlen({{text}}) = 20 AND suffix({{text}}, 'Z')))"
_clock = "regexp_full_match({text}, '([01]?[0-9]|2[0-3]):[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}})?)?')"
_local = "regexp_full_match({text}, '[0-9/-]+([T ][0-9:.]+)?')"
_worded = "regexp_matches({text}, '[A-Za-z]{{3}}')"
_universal = "regexp_full_match({text}, '[^A-Za-z]+(T[^A-Za-z]+)? (?i:UTC|GMT)([+-][0-9:]+)?')"
_region = "regexp_full_match({text}, '[^A-Za-z]+(T[^A-Za-z]+)? [A-Za-z_]+(/[A-Za-z0-9_+-]+)+')"
"""A date with a four-digit year; a time of day; a moment that names no zone and no offset; one with a word in it, which
is universal time or a region."""

_naive = f"CASE WHEN {_dated} THEN try_cast({{text}} AS TIMESTAMP) END"
_moment = "try_cast({text} AS TIMESTAMPTZ)"
_there = "try_cast(regexp_replace({text}, ' [^ ]+$', '') AS TIMESTAMP)"
_where = "regexp_extract({text}, '[^ ]+$')"
"""Of a text with a region: what the clock showed, and where."""

UNIVERSAL = ("UTC", "Etc/UTC")

MOMENTS = ("date", "timestamp", "time")
WORDS = {"formats": MOMENTS, "locale": MOMENTS, "dst": ("timestamp",)}
"""Word of a column's block → the logical types that it says something of."""


class Written(NamedTuple):
    """How the texts of a column are written.

    `formats`: by any of them; ISO 8601 where there are none. `locale`: whose names are in them. `zone`: of texts that
    name none. `dst`: what becomes of times that come twice or never there.
    """

    formats: tuple[str, ...] = ()
    locale: str = ""
    zone: str = "UTC"
    dst: str = ""

    @classmethod
    def of(cls, logical: str, options: Mapping[str, Any], block: ColumnBlock) -> "Written":
        """What a contract says of a column.

        Args:
            options: its `logicalTypeOptions`.

        Raises:
            BadContract: a zone or a locale does not exist, or what is said has no effect.
        """
        said = {"formats": block.formats, "locale": block.locale, "dst": block.dst}
        idle = [word for word, value in said.items() if value and logical not in WORDS[word]]
        if idle:
            raise BadContract(f"{idle[0]} says nothing of a {logical}.", f"Use it for: {', '.join(WORDS[idle[0]])}.")
        one, zone = str(options.get("format") or ""), str(options.get("defaultTimezone", "UTC"))
        if one and block.formats:
            raise BadContract("it has `format` and `formats`.", "Write all of them in `formats`.")
        how = cls(block.formats or ((one,) if one else ()), block.locale, zone, block.dst)
        if how.locale and not how.formats:
            raise BadContract("`locale` says nothing without a format.", "Write `format` or `formats` beside it.")
        if logical == "timestamp" and how.dst and _zone(zone) in UNIVERSAL:
            raise BadContract("`dst` says nothing of UTC.", "Write `defaultTimezone` beside it.")
        return how


def moment(logical: str, how: Written) -> str:
    """SQL over `{text}`: the date, time or timestamp in UTC, NULL where the text is none or not just one."""
    if how.formats and logical != "timestamp":
        return _one([f"CAST({read.sql} AS {logical.upper()})" for read in _reads(how)])
    if how.formats:
        local, zoned = _by_formats(how)
        there = _in_zone(local, how) if local else ""
        if not local or not zoned:
            return there or zoned
        return f"CASE WHEN ({local}) IS NULL THEN {zoned} WHEN ({zoned}) IS NULL THEN {there} END"
    if logical == "date":
        return f"CASE WHEN {_dated} AND length({{text}}) <= 10 THEN try_cast({{text}} AS DATE) END"
    if logical == "time":
        return f"CASE WHEN {_clock} THEN try_cast({{text}} AS TIME) END"
    region = f"CASE WHEN {_region} AND {_moment} IS NOT NULL THEN {in_utc(_there, _where, how.dst, _HALF)} END"
    worded = f"WHEN {_worded} THEN CASE WHEN {_universal} THEN {_moment} AT TIME ZONE 'UTC' ELSE {region} END"
    slow = f"WHEN {_dated} THEN CASE {worded} ELSE {_moment} AT TIME ZONE 'UTC' END END"
    if _zone(how.zone) in UNIVERSAL:  # a text without an offset is UTC, because the connection is
        return f"CASE WHEN {_common} THEN try_cast({{text}} AS TIMESTAMP) {slow}"
    return f"CASE WHEN {_local} THEN {_in_zone(_naive, how)} {slow}"


def doubts(logical: str, how: Written) -> Doubts:
    """For which reasons, beside its type, a text may have no value."""
    several = (FORMATS,) if len(how.formats) > 1 else ()
    zoned = logical == "timestamp" and _zone(how.zone) not in UNIVERSAL
    clock = (TWICE, NEVER) if zoned and (not how.formats or _by_formats(how)[0]) else ()
    kinds = {kind: SENTENCES[kind] for kind in (*several, *clock)}
    return Doubts(_why(logical, how) if kinds else "NULL", kinds)


def clock(logical: str, how: Written) -> str:
    """SQL over `{text}`: what the clock showed, where the order of the file says which hour it was; else empty."""
    if logical != "timestamp" or how.dst != "by_order":
        return ""
    return _by_formats(how)[0] if how.formats else f"CASE WHEN {_local} THEN {_naive} END"


def _why(logical: str, how: Written) -> str:
    """SQL over a `{text}` without a value: the kind of the reason, NULL where it is the type."""
    if not how.formats:
        region = f"WHEN {_region} AND {_moment} IS NOT NULL THEN {doubt(_there, _where)}"
        return f"CASE WHEN {_local} THEN {doubt(_naive, literal(how.zone))} {region} END"
    if logical != "timestamp":
        values = [f"CAST({read.sql} AS {logical.upper()})" for read in _reads(how)]
        return f"CASE WHEN {_differ(values)} THEN '{FORMATS}' END"
    locals_, zoned = (_reads_of(how, zoned=zoned) for zoned in (False, True))
    differ = [_differ(each) for each in (locals_, zoned) if len(each) > 1]
    if locals_ and zoned:
        differ.append(f"({_one(locals_)}) IS NOT NULL AND ({_one(zoned)}) IS NOT NULL")
    other = doubt(_one(locals_), literal(how.zone)) if locals_ and how.zone not in UNIVERSAL else "NULL"
    return f"CASE WHEN {' OR '.join(differ)} THEN '{FORMATS}' ELSE {other} END" if differ else other


_HALF = "{half}"
"""Stands in a template for which of two equal times a row's is."""


def _reads(how: Written) -> list[Read]:
    return [read_by(pattern, how.locale) for pattern in how.formats]


def _by_formats(how: Written) -> tuple[str, str]:
    """SQL for what the clock showed, and for the moment in UTC of formats with an offset; empty where there is none."""
    local, zoned = (_reads_of(how, zoned=zoned) for zoned in (False, True))
    return (_one(local) if local else ""), (_one(zoned) if zoned else "")


def _reads_of(how: Written, *, zoned: bool) -> list[str]:
    return [f"{read.sql} AT TIME ZONE 'UTC'" if zoned else read.sql for read in _reads(how) if read.zoned == zoned]


def _one(values: list[str]) -> str:
    """SQL: the value that all have that have one, NULL where they differ."""
    if len(values) == 1:
        return values[0]
    same = "CASE WHEN list_min(v) = list_max(v) THEN list_min(v) END"
    return f"list_transform([[{', '.join(values)}]], lambda v: {same})[1]"


def _differ(values: list[str]) -> str:
    return f"list_transform([[{', '.join(values)}]], lambda v: list_min(v) <> list_max(v))[1]"


def _in_zone(local: str, how: Written) -> str:
    return local if how.zone in UNIVERSAL else in_utc(local, literal(how.zone), how.dst, _HALF)


def _zone(zone: str) -> str:
    try:
        return ZoneInfo(zone).key
    except (KeyError, ValueError, OSError) as error:
        raise BadContract(f"the defaultTimezone {zone!r} does not exist.", "Name it like Europe/Berlin.") from error
