"""Columns that a contract computes: SQL over the typed row, in which `_text` is the column's own text as it came."""

import re
from collections.abc import Iterator

from dropzone_assets.contracts.model import Column, Contract
from dropzone_assets.engine import quote

OWN_TEXT = "_text"

_NAMES = re.compile(rf"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?<![\w$]){OWN_TEXT}(?![\w$])", re.IGNORECASE)
"""Texts and quoted names, which are left as they are, and the name of the own text."""


def transformed(contract: Contract, layer: str, *, guarded: bool) -> str:
    """SQL: the layer with what is computed: a derived column is added, one that mentions itself is replaced.

    Args:
        guarded: whether a row for which an expression fails costs that row only. Without it, which is faster, it stops
            the statement.
    """
    changed = [(n, column) for n, column in _computed(contract) if not column.derived]
    derived = [(n, column) for n, column in _computed(contract) if column.derived]
    if changed and guarded:
        layer = f"SELECT *, {', '.join(_guarded(contract, n, column) for n, column in changed)} FROM ({layer})"
    if changed:
        items = ", ".join(f"{_value(contract, n, column, guarded)} AS {quote(column.name)}" for n, column in changed)
        layer = f"SELECT * REPLACE ({items}) FROM ({layer})"
    if derived:
        before = [f"{_guarded(contract, n, column)}, " if guarded else "" for n, column in derived]
        values = [f"{_value(contract, n, column, guarded)} AS {quote(column.name)}" for n, column in derived]
        layer = f"SELECT *, {', '.join(map(str.__add__, before, values))} FROM ({layer})"
    return layer


def failed(contract: Contract, name: str, *, guarded: bool) -> str:
    """SQL: whether the expression of a column failed for a row; empty where that cannot be."""
    found = (n for n, column in _computed(contract) if column.name == name) if guarded else ()
    return next((f"_x{n} IS NULL" for n in found), "")


def questions(contract: Contract) -> Iterator[tuple[Column, str]]:
    """Each computed column, with a query of no rows that shows whether its SQL can be run."""
    known = [f"NULL::{column.kind} AS {quote(column.name)}" for column in contract.physical]
    known += [f"NULL::VARCHAR AS _t{n}" for n in range(len(contract.physical))] + ["NULL::TIMESTAMP AS _arrived"]
    for derived in (False, True):
        for _, column in _computed(contract):
            if column.derived is derived:
                yield column, f"SELECT {expression(contract, column)} FROM (SELECT {', '.join(known)}) LIMIT 0"
                known += [f"NULL::{column.kind} AS {quote(column.name)}"] * derived


def expression(contract: Contract, column: Column) -> str:
    """SQL: what a column is computed by, over the layer of typed values."""
    own = "" if column.derived else f"_t{contract.physical.index(column)}"
    sql = _NAMES.sub(lambda found: own if found[0].strip('"').lower() == OWN_TEXT else found[0], column.transform)
    return f"({sql})::{column.kind}"


def _computed(contract: Contract) -> list[tuple[int, Column]]:
    return [(n, column) for n, column in enumerate(contract.columns) if column.transform]


def _guarded(contract: Contract, n: int, column: Column) -> str:
    """A list of one value, which is NULL only where the expression failed."""
    return f"TRY([{expression(contract, column)}]) AS _x{n}"


def _value(contract: Contract, n: int, column: Column, guarded: bool) -> str:
    return f"_x{n}[1]" if guarded else expression(contract, column)
