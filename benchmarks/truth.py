"""What a right answer adds up to: compared sum by sum, so that a wrong one says how it is wrong."""

from typing import Any

import duckdb

Sums = dict[str, Any]
"""Name → number, text, or numbers by text; what a result adds up to, or has to."""

LOW = 4_294_967_296
"""Hashes are added up modulo this, so that equal rows do not cancel out, as they would by XOR."""

TEXTS = ("transaction_id", "amount", "transaction_ts", "status")
"""Cells of a refused row that are compared as they came."""


def row_hash() -> str:
    """SQL: everything a row of the lake has to say, as one number, whatever types it is kept in."""
    moment, amount = "epoch_us(ts::TIMESTAMPTZ)", "amount::DECIMAL(18, 2)"
    cells = ("id", moment, amount, "user_id", "currency", "status", "product_id", "payment_method")
    return f"hash(concat_ws('|', {', '.join(f'coalesce(({cell})::VARCHAR, $$-$$)' for cell in cells)})) % {LOW}"


def lake_sums(connection: duckdb.DuckDBPyConnection, query: str) -> Sums:
    """Rows, their amount (which of two rows with one key was kept shows in it), and every value of every row.

    Args:
        query: rows of amount and row hash.
    """
    counted = f"SELECT count(*), coalesce(sum(a), 0)::VARCHAR, coalesce(sum(h), 0)::HUGEINT FROM ({query}) t(a, h)"
    rows, amount, cells = connection.execute(counted).fetchall()[0]
    return {"rows in the lake": rows, "amount in the lake": amount, "values in the lake": int(cells)}


def refused_sums(connection: duckdb.DuckDBPyConnection, query: str) -> Sums:
    """Refused rows by their reasons; each with its file and record number; each with the text it came as.

    Args:
        query: rows of `file`, `record`, `reasons` and `text` (a struct or JSON); those without reasons do not count.
    """
    place = "concat_ws('|', file, record)"
    raw = ", ".join(f"coalesce(t->>'{name}', '')" for name in TEXTS)
    found = connection.execute(
        f"SELECT array_to_string(list_sort(reasons), ' ') AS why, count(*), sum(hash({place}) % {LOW})::HUGEINT, "
        f"sum(hash(concat_ws('|', {place}, list_sort(reasons)::VARCHAR, {raw})) % {LOW})::HUGEINT "
        f"FROM (SELECT *, to_json(text) AS t FROM ({query}) WHERE reasons IS NOT NULL) GROUP BY ALL ORDER BY why"
    ).fetchall()
    return {
        "refused rows": {why: count for why, count, _, _ in found},
        "record numbers of refused rows": sum(int(places) for _, _, places, _ in found),
        "refused rows as they came": sum(int(texts) for _, _, _, texts in found),
    }


def added(one: Sums, other: Sums) -> Sums:
    """The sums of two parts together; those of the first may be missing."""
    return {name: _plus(one.get(name), value) for name, value in other.items()}


def _plus(one: Any, other: Any) -> Any:
    if isinstance(other, dict):
        names = {*(one or {}), *other}
        return {name: (one or {}).get(name, 0) + other.get(name, 0) for name in sorted(names)}
    return other if one is None else one + other


def differences(true: Sums, found: Sums) -> list[str]:
    """In what a result differs from the truth; nothing where it is right."""
    names = [name for name in true if true[name] != found.get(name)]
    return [f"{name}: {found.get(name)} instead of {true[name]}"[:400] for name in names]
