"""Columns that a file's header does not give: whether its rows may count without them."""

from collections.abc import Sequence

from dropzone_assets.contracts.model import Column, Contract
from dropzone_assets.errors import Refused

Matched = tuple[tuple[int, ...], ...]
"""For each physical column of the contract, the numbers of the file's columns it may come from, best first."""

REPLAY = "dropzone replay"

SHOWN = 40
"""Names of one header that are shown, and letters of one name."""


def lacking(contract: Contract, matched: Matched) -> list[Column]:
    """The columns that no column of the file may be."""
    return [column for column, locations in zip(contract.physical, matched, strict=True) if not locations]


def unknown(names: Sequence[str], matched: Matched) -> list[str]:
    """The names of a file that are no column's."""
    known = {n for locations in matched for n in locations}
    return [name for n, name in enumerate(names) if n not in known]


def refuse_lacking(contract: Contract, names: Sequence[str], matched: Matched) -> None:
    """Refuse a header without a required column, without any, or without one where the contract wants them all.

    Raises:
        Refused: with the header beside what was wanted, and the synonym to add.
    """
    absent = lacking(contract, matched)
    needed = [column for column in absent if column.required]
    if contract.missing_columns == "refuse" or len(absent) == len(contract.physical):
        needed = absent
    if not needed:
        return
    others = unknown(names, matched)
    wanted = ", ".join(_wanted(column) for column in needed)
    none = "gives none of the contract's columns; it " if len(absent) == len(contract.physical) else ""
    raise Refused(
        f"{none}lacks column {', '.join(column.name for column in needed)}; it has {_shown(names)}. Wanted: {wanted}.",
        _cure(contract, needed, others),
    )


def suspicion(contract: Contract, names: Sequence[str], matched: Matched) -> str:
    """What is odd about a header that lacks columns while it has others that the contract does not know."""
    absent, others = lacking(contract, matched), unknown(names, matched)
    if not absent or not others:
        return ""
    columns = ", ".join(column.name for column in absent)
    return f"lacks {columns} and has {_shown(others)}, which the contract does not know"


def _cure(contract: Contract, needed: Sequence[Column], others: Sequence[str]) -> str:
    first, hint, line = needed[0], "If it has another name, add it", ""
    if others:
        names = [_cut(name) for name in others[:SHOWN]]
        hint = f"If it is there as {' or '.join(names)}, add that"
        line = f" (`synonyms: [{{synonym: {names[0]!r}}}]`)"
    other = "" if first.required or contract.missing_columns == "null" else ", or say `missing_columns: null`"
    return (
        f"{hint} to the synonyms of {first.name} in {contract.document}{line}{other}, then: {REPLAY} {contract.table}."
    )


def _wanted(column: Column) -> str:
    return f"{column.name} (or {', '.join(column.synonyms)})" if column.synonyms else column.name


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(map(_cut, names[:SHOWN])) + more


def _cut(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
