"""ODCS logical types as DuckDB types, and the SQL that reads text as one of them or gives NULL.

Each cast refuses on purpose what DuckDB would take silently: `1_000`, `0x10`, `nan`, `infinity`, digits after the last
decimal place. A whole number written `517.0` or `5e2` is whole. Dates and times are in `moments`.
"""

import re

from dropzone_assets.contracts.moments import Written, moment
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


def cast(logical: str, kind: str, how: Written) -> str:
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
    return moment(logical, how)


_plain = "NOT contains({text}, '_')"

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
