"""Which column of a file is which column of the contract."""

import re
from collections import Counter
from collections.abc import Sequence

from dropzone_assets.contracts.lacking import Matched, refuse_lacking
from dropzone_assets.contracts.model import Column, Contract
from dropzone_assets.errors import Refused


def wanted_names(contract: Contract) -> tuple[str, ...]:
    """Every name a physical column may have; that of the second `name` is `name` too."""
    aliases = [alias for column in contract.physical for alias in column.aliases]
    return tuple(dict.fromkeys((*aliases, *map(_stem, aliases))))


def number_names(contract: Contract) -> frozenset[str]:
    """Every name a physical column of numbers may have."""
    aliases = [alias for column in contract.physical if column.numeric for alias in column.aliases]
    return frozenset((*aliases, *map(_stem, aliases)))


def match_columns(contract: Contract, names: Sequence[str], *, exact: bool) -> Matched:
    """Match the columns of one file, in the ways the contract allows, the first that works.

    Args:
        exact: the names are those of a header, so a name twice is an ambiguity and a required one must be there.
            Otherwise they are only wishes, and a record may have any of them.

    Raises:
        Refused: no way works; the message is that of the first.
    """
    refusals = []
    for way in contract.match:
        try:
            return _by_name(contract, names, exact) if way == "by_name" else _by_position(contract, names)
        except Refused as refusal:
            refusals.append(refusal)
    raise refusals[0]


def _by_name(contract: Contract, names: Sequence[str], exact: bool) -> Matched:
    found = [_normal(name) for name in names]
    if exact:
        found = _with_numbers(contract, found)
    matched = tuple(
        tuple(n for alias in _aliases(column, found) for n, name in enumerate(found) if name == alias)
        for column in contract.physical
    )
    if exact:
        _refuse_ambiguous(contract, names, matched)
        refuse_lacking(contract, names, matched)
        _refuse_unknown(contract, names, matched)
    return matched


def _by_position(contract: Contract, names: Sequence[str]) -> Matched:
    """The n-th column is the n-th of the contract, unless a name says plainly that it is another."""
    if len(names) != len(contract.physical):
        raise Refused(
            f"has {len(names)} columns ({', '.join(names)}), the contract has {len(contract.physical)}.",
            "Ask the sender for all columns in the contract's order.",
        )
    found = [_normal(name) for name in names]
    for position, name in enumerate(found):
        claims = [n for n, c in enumerate(contract.physical) if name in map(_normal, c.aliases)]
        if found.count(name) == 1 and claims and position not in claims:
            column = contract.physical[claims[0]].name
            raise Refused(
                f"has {names[position]} (that is {column}) as column {position + 1}, not {claims[0] + 1}.",
                "Ask the sender for the columns in the contract's order.",
            )
    return tuple((n,) for n in range(len(names)))


def _refuse_ambiguous(contract: Contract, names: Sequence[str], matched: Matched) -> None:
    for column, locations in zip(contract.physical, matched, strict=True):
        if len(locations) > 1:
            twice = ", ".join(f"{names[n]} (column {n + 1})" for n in locations)
            cure = _apart(contract, column, [names[n] for n in locations])
            raise Refused(f"has several columns for {column.name}: {twice}.", cure)
    taken = Counter(n for locations in matched for n in locations)
    shared = [names[n] for n, times in taken.items() if times > 1]
    if shared:
        raise Refused(
            f"has a column {shared[0]} that could be several.", f"Give it one meaning in {contract.document}."
        )


def _refuse_unknown(contract: Contract, names: Sequence[str], matched: Matched) -> None:
    known = {n for locations in matched for n in locations}
    unknown = [name for n, name in enumerate(names) if n not in known]
    if unknown and contract.unknown_columns == "refuse":
        raise Refused(
            f"has columns the contract does not know: {', '.join(unknown)}.",
            f"Add them to {contract.document}, or set unknown_columns to rescue; "
            f"then: dropzone replay {contract.table}.",
        )


def _apart(contract: Contract, column: Column, found: Sequence[str]) -> str:
    """How a column is found among several that have its names."""
    if len(set(map(_normal, found))) > 1:
        return f"Keep one of these names for {column.name} in {contract.document}, or ask the sender for one of them."
    name, last = found[0].strip(), len(found)
    return (
        f"Say which one it is by a synonym of {column.name} in {contract.document}: "
        f"`{{synonym: {name}#1}}` is the first, `{{synonym: {name}#{last}}}` the last; "
        f"or take all columns by their place: `columns: by_position`. "
        f"Then: dropzone replay {contract.table}."
    )


_NTH = re.compile(r"(.+)#([1-9][0-9]*)")


def _stem(name: str) -> str:
    """The name in a file of a column that a contract calls `name#2`, the second of this name."""
    found = _NTH.fullmatch(name)
    return found[1] if found else name


def _with_numbers(contract: Contract, found: Sequence[str]) -> list[str]:
    """The names of a file, with its number behind a name that the contract asks for by its number."""
    asked = {_normal(alias) for column in contract.physical for alias in column.aliases if _NTH.fullmatch(alias)}
    numbers = Counter[str]()
    names = []
    for name in found:
        numbers[name] += 1
        numbered = f"{name}#{numbers[name]}"
        names.append(numbered if numbered in asked else name)
    return names


def _aliases(column: Column, found: Sequence[str]) -> list[str]:
    """The names a column may have in a file; where it is one by its number, it is no other of that name."""
    names = [_normal(alias) for alias in column.aliases]
    numbered = {_stem(name) for name in names if _NTH.fullmatch(name) and name in found}
    return [name for name in names if name not in numbered]


def _normal(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")
