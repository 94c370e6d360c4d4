"""ODCS logical types as DuckDB types, and the SQL that reads text as one of them or gives NULL.

Each cast refuses on purpose what DuckDB would take silently: `1_000`, `0x10`, `nan`, `infinity`, `epoch`, digits
after the last decimal place, the time of day in a date, a year without its century, the offset of a time of day. A
whole number written `517.0` or `5e2` is whole.
"""

import re
from zoneinfo import ZoneInfo

from dropzone_assets.contracts.dates import shape_of, strptime_format
from dropzone_assets.engine import literal
from dropzone_assets.errors import BadContract

DEFAULTS = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
    "object": "JSON",
    "array": "JSON",
}

INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")

ALIASES = {"INT": "INTEGER", "STRING": "VARCHAR", "TEXT": "VARCHAR", "FLOAT": "DOUBLE", "BOOL": "BOOLEAN"}

DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")

ALLOWED = {
    "string": r"VARCHAR(\(\d+\))?",
    "integer": "|".join(INTEGERS),
    "number": r"DOUBLE|DECIMAL\(\d+,\d+\)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
    "object": "JSON",
    "array": "JSON",
}


def duckdb_type(logical: str, physical: str | None) -> str:
    """The DuckDB type of an ODCS `logicalType` and `physicalType`.

    Raises:
        BadContract: the logical type does not exist, or the physical type does not hold it.
    """
    if logical not in DEFAULTS:
        raise BadContract(f"the logicalType {logical!r} does not exist.", f"Use one of: {', '.join(DEFAULTS)}.")
    kind = re.sub(r"\s", "", physical or DEFAULTS[logical]).upper()
    kind = ALIASES.get(kind, kind).replace("NUMERIC", "DECIMAL")
    if not re.fullmatch(ALLOWED[logical], kind):
        raise BadContract(
            f"the physicalType {physical!r} is not a DuckDB type for {logical}.",
            f"Use {DEFAULTS[logical]}, or no physicalType.",
        )
    return "VARCHAR" if logical == "string" else kind


def cast(logical: str, kind: str, options: dict[str, object]) -> str:
    """SQL over `{text}` (trimmed, never missing) that gives the value or NULL."""
    if logical in ("string", "boolean"):
        return "{text}" if logical == "string" else "try_cast({text} AS BOOLEAN)"
    if logical == "integer":
        whole = f"try_cast({{text}} AS {kind})"
        return f"CASE WHEN {_plain} AND try_cast({{text}} AS DOUBLE) = {whole} THEN {whole} END"
    if logical == "number":
        return _number(kind)
    if logical in ("object", "array"):
        right = f"json_type({{text}}) = '{logical.upper()}'"
        return f"CASE WHEN json_valid({{text}}) THEN CASE WHEN {right} THEN {{text}}::JSON END END"
    return _moment(logical, options)


_plain = "NOT contains({text}, '_')"
_dated = "{text} GLOB '[1-9][0-9][0-9][0-9][!0-9]*'"
_second = "[1-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
_common = f"({{text}} GLOB '{_second}*' AND (strlen({{text}}) = 19 OR strlen({{text}}) = 20 AND suffix({{text}}, 'Z')))"
_clock = "regexp_full_match({text}, '([01]?[0-9]|2[0-3]):[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}})?)?')"
_local = "regexp_full_match({text}, '[0-9/-]+([T ][0-9:.]+)?')"
"""A date with a four-digit year; a time of day; a moment that names no zone and no offset."""

SPARE = 10
"""Digits a decimal must leave of DuckDB's 38, so that digits beyond its scale show when a text is read with them."""


def _number(kind: str) -> str:
    decimal = DECIMAL.fullmatch(kind)
    if not decimal:
        return f"CASE WHEN {_plain} AND isfinite(try_cast({{text}} AS DOUBLE)) THEN try_cast({{text}} AS DOUBLE) END"
    precision, scale = int(decimal[1]), int(decimal[2])
    exact = f"try_cast({{text}} AS DECIMAL(38,{38 - precision + scale}))"
    short = f" AND NOT regexp_matches({{text}}, '[.][0-9]{{{{{scale}}}}}0*[1-9]')" if precision > 38 - SPARE else ""
    value = f"try_cast({{text}} AS {kind})"
    # A text that is just what the value is written as has nothing more to it; that is told sooner than the rest.
    written = f"WHEN {value}::VARCHAR = {{text}} THEN {value}"
    return f"CASE {written} WHEN {_plain}{short} AND {exact} = {value} THEN {value} END"


def _moment(logical: str, options: dict[str, object]) -> str:
    pattern = options.get("format")
    if pattern:
        form = strptime_format(str(pattern))
        text = "regexp_replace({text}, 'Z$', '+00')" if form.endswith("%z") else "{text}"
        shape, form_ = (literal(each).replace("{", "{{").replace("}", "}}") for each in (shape_of(str(pattern)), form))
        parsed = f"CASE WHEN regexp_full_match({{text}}, {shape}) THEN try_strptime({text}, {form_}) END"
        return (
            f"CAST({parsed} AS {logical.upper()})"
            if logical != "timestamp"
            else _utc(parsed, options, zoned="%z" in form)
        )
    if logical == "date":
        return f"CASE WHEN {_dated} AND length({{text}}) <= 10 THEN try_cast({{text}} AS DATE) END"
    if logical == "time":
        return f"CASE WHEN {_clock} THEN try_cast({{text}} AS TIME) END"
    slow = f"WHEN {_dated} THEN try_cast({{text}} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
    zoned = f"CASE {slow}"
    zone = _zone(options)
    if zone in ("UTC", "Etc/UTC"):  # a text without an offset is UTC, because the connection is
        return f"CASE WHEN {_common} THEN try_cast({{text}} AS TIMESTAMP) {slow}"
    naive = f"CASE WHEN {_dated} THEN {_utc('try_cast({text} AS TIMESTAMP)', options, zoned=False)} END"
    return f"CASE WHEN {_local} THEN {naive} ELSE {zoned} END"


def _utc(parsed: str, options: dict[str, object], *, zoned: bool) -> str:
    zone = literal(_zone(options))
    return f"{parsed} AT TIME ZONE 'UTC'" if zoned else f"{parsed} AT TIME ZONE {zone} AT TIME ZONE 'UTC'"


def _zone(options: dict[str, object]) -> str:
    zone = str(options.get("defaultTimezone", "UTC"))
    try:
        return ZoneInfo(zone).key
    except (KeyError, ValueError, OSError) as error:
        raise BadContract(f"the defaultTimezone {zone!r} does not exist.", "Name it like Europe/Berlin.") from error
