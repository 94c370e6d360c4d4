"""Fingerprints: many rows in two numbers, whatever their order."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dropzone_assets.engine import Connection, folded, quote, rows


class Fingerprint(NamedTuple):
    """How many rows, and the sum of their hashes."""

    rows: int = 0
    checksum: int = 0


def checksum(values: Iterable[str]) -> str:
    """SQL: the sum of the hashes of the rows that these expressions make. A row that is there twice counts twice."""
    return f"coalesce(sum(hash({', '.join(values)})), 0)"


def as_wanted(connection: Connection, relation: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Wanted column → SQL that gives it from `relation`, in its type: cast if it has another, NULL if it is missing."""
    held = {folded(row[0]): row[1] for row in rows(connection, f"DESCRIBE SELECT * FROM {relation}")}
    return {
        name: quote(name)
        if held.get(folded(name)) == kind
        else f"TRY_CAST({quote(name)} AS {kind})"
        if folded(name) in held
        else f"NULL::{kind}"
        for name, kind in wanted.items()
    }


def fingerprints(
    connection: Connection, relation: str, group: str, wanted: Mapping[str, str], where: str = "true"
) -> dict[Any, Fingerprint]:
    """The fingerprint of the rows of each value of `group` (SQL), over the wanted columns."""
    made = checksum(as_wanted(connection, relation, wanted).values())
    query = f"SELECT {group}, count(*), {made} FROM {relation} WHERE {where} GROUP BY ALL"
    return {key: Fingerprint(count, total) for key, count, total in rows(connection, query)}
