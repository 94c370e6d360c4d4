"""Which column of a file is which column of the contract."""

from collections import Counter
from collections.abc import Sequence

from dropzone_assets.contracts.lacking import Matched, refuse_lacking
from dropzone_assets.contracts.model import Contract
from dropzone_assets.errors import Refused


def wanted_names(contract: Contract) -> tuple[str, ...]:
    """Every name a physical column may have."""
    return tuple(dict.fromkeys(alias for column in contract.physical for alias in column.aliases))


def number_names(contract: Contract) -> frozenset[str]:
    """Every name a physical column of numbers may have."""
    numbers = (column for column in contract.physical if column.numeric)
    return frozenset(alias for column in numbers for alias in column.aliases)


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
    matched = tuple(
        tuple(n for alias in column.aliases for n, name in enumerate(found) if name == _normal(alias))
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
            twice = ", ".join(names[n] for n in locations)
            raise Refused(f"has several columns for {column.name}: {twice}.", "Ask the sender to name them apart.")
    taken = Counter(n for locations in matched for n in locations)
    shared = [names[n] for n, times in taken.items() if times > 1]
    if shared:
        raise Refused(f"has a column {shared[0]} that could be several.", f"Give it one meaning in {contract.file}.")


def _refuse_unknown(contract: Contract, names: Sequence[str], matched: Matched) -> None:
    known = {n for locations in matched for n in locations}
    unknown = [name for n, name in enumerate(names) if n not in known]
    if unknown and contract.unknown_columns == "refuse":
        raise Refused(
            f"has columns the contract does not know: {', '.join(unknown)}.",
            f"Add them to {contract.file}, or set unknown_columns to rescue; then: dropzone replay {contract.table}.",
        )


def _normal(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")
