"""ODCS logical types as DuckDB types, and the SQL that reads text as one of them or gives NULL.

Each cast refuses on purpose what DuckDB would take silently: `1_000`, `0x10`, `nan`, `infinity`, `epoch`, digits
after the last decimal place, the time of day in a date. A whole number written `517.0` or `5e2` is whole.
"""

import re

from dropzone_assets.contracts.dates import strptime_format
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
_digit = "{text}[1] BETWEEN '0' AND '9'"


def _number(kind: str) -> str:
    decimal = DECIMAL.fullmatch(kind)
    if not decimal:
        return f"CASE WHEN {_plain} AND isfinite(try_cast({{text}} AS DOUBLE)) THEN try_cast({{text}} AS DOUBLE) END"
    precision, scale = int(decimal[1]), int(decimal[2])
    exact = f"try_cast({{text}} AS DECIMAL(38,{38 - precision + scale}))"
    return f"CASE WHEN {_plain} AND {exact} = try_cast({{text}} AS {kind}) THEN try_cast({{text}} AS {kind}) END"


def _moment(logical: str, options: dict[str, object]) -> str:
    pattern = options.get("format")
    if pattern:
        parsed = f"try_strptime({{text}}, {literal(strptime_format(str(pattern)))})"
        return (
            f"CAST({parsed} AS {logical.upper()})"
            if logical != "timestamp"
            else _utc(parsed, options, zoned="%z" in parsed)
        )
    if logical == "date":
        return f"CASE WHEN {_digit} AND length({{text}}) <= 10 THEN try_cast({{text}} AS DATE) END"
    if logical == "time":
        return f"CASE WHEN {_digit} THEN try_cast({{text}} AS TIME) END"
    zoned = f"CASE WHEN {_digit} THEN try_cast({{text}} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
    zone = str(options.get("defaultTimezone", "UTC"))
    if zone in ("UTC", "Etc/UTC"):
        return zoned  # a text without an offset is UTC, because the connection is
    naive = f"CASE WHEN {_digit} THEN {_utc('try_cast({text} AS TIMESTAMP)', options, zoned=False)} END"
    offset = "regexp_matches({text}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"
    return f"CASE WHEN {offset} THEN {zoned} ELSE {naive} END"


def _utc(parsed: str, options: dict[str, object], *, zoned: bool) -> str:
    zone = literal(str(options.get("defaultTimezone", "UTC")))
    return f"{parsed} AT TIME ZONE 'UTC'" if zoned else f"{parsed} AT TIME ZONE {zone} AT TIME ZONE 'UTC'"
