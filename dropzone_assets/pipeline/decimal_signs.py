"""The second look at files whose decimal sign was in doubt: what all of their rows prove, or why nobody can know."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from dropzone_assets.contracts import (
    DOUBT,
    FILE_INDEX,
    Column,
    Contract,
    Matched,
    Numbers,
    Texts,
    Written,
    compile_evidence,
    written,
)
from dropzone_assets.engine import Connection, rows
from dropzone_assets.errors import Refused
from dropzone_assets.formats import Scan
from dropzone_assets.numerals import OTHER

WORDS = {".": "point", ",": "comma"}

PINNED = ("csv", "tsv", "fixed_width", "excel")
"""Formats with an option `decimal`."""


def in_doubt(connection: Connection, scanned: str) -> set[int]:
    """The files of a scan in which some number may be two, or speaks against the sign that was assumed."""
    return {index for (index,) in rows(connection, f"SELECT DISTINCT {FILE_INDEX} FROM {scanned} WHERE {DOUBT}")}


class _Proof(NamedTuple):
    """What the numbers of a column prove: how many a point, how many a comma; one that may be two."""

    points: int
    commas: int
    either: str | None

    @property
    def sign(self) -> str:
        """The only sign that is proven."""
        return "" if bool(self.points) == bool(self.commas) else "." if self.points else ","


def decided(
    connection: Connection, contract: Contract, scan: Scan, matched: Matched
) -> dict[int, tuple[Written, ...] | Refused]:
    """For each file how its numbers are written, or why it is refused."""
    how = written(contract, *scan.figures)
    numbers = Numbers(contract, how).columns()
    query = compile_evidence(contract, Texts(scan.relation, matched, tidy=scan.tidy, written=how, typed=scan.typed))
    found = rows(connection, query)
    return {index: _decide(contract, how, numbers, list(_proofs(answer))) for index, *answer in found}


def _proofs(answer: Sequence[Any]) -> Iterator[_Proof]:
    return (_Proof(*answer[n : n + 3]) for n in range(0, len(answer), 3))


def _decide(
    contract: Contract, how: Sequence[Written], numbers: Sequence[tuple[int, Column]], proofs: Sequence[_Proof]
) -> tuple[Written, ...] | Refused:
    """The sign of each column: the one its own numbers prove, else the one the others do."""
    answer, proven = list(how), {proof.sign for proof in proofs} - {""}
    for (n, column), proof in zip(numbers, proofs, strict=True):
        if not how[n].doubt:
            continue
        torn = bool(proof.points and proof.commas)
        known = proof.sign or (not column.transform if torn else len(proven) == 1)
        if proof.either and not known:
            return _refusal(contract, column, proof.either, torn=torn, several=torn or bool(proven))
        # A column with both signs has that of most of its numbers; what may be two numbers stays in doubt.
        most = "," if proof.commas > proof.points else "."
        sign = proof.sign or (most if torn or len(proven) != 1 else min(proven))
        groups = how[n].thousands if not how[n].grouped else OTHER[sign]
        answer[n] = Written(sign, groups, "open" if torn else "")
    return tuple(answer)


def _refusal(contract: Contract, column: Column, text: str, *, torn: bool, several: bool) -> Refused:
    sign = "." if "." in text else ","
    whole, part = text.replace(sign, ""), f"{Decimal(text.replace(',', '.')).normalize():f}"
    both = "Its other numbers prove both signs." if torn else "Other columns prove both signs."
    why = both if several else "No number of the file proves its decimal sign."
    if contract.format in PINNED and not several:
        lines = [f'`decimal: "{each}"`' for each in (OTHER[sign], sign)]
        where = f'under `format`, such as `format: {{kind: {contract.format}, decimal: "{OTHER[sign]}"}}`,'
    else:
        lines = [f'`number: {{thousands: "{each}"}}`' for each in (sign, OTHER[sign])]
        where = f"in the dropzone block of the column {column.name}"
    return Refused(
        f"has numbers like {text} in {column.name}, which may be {whole} or {part}. {why}",
        f"Write {lines[0]} for {whole}, or {lines[1]} for {part}, {where} in {contract.document}; "
        f"then: dropzone replay {contract.table}.",
    )


def said(how: Sequence[Written]) -> str:
    """For people: the decimal sign of a file."""
    proven = {each.decimal for each in how if each.decimal}
    return WORDS[proven.pop()] if len(proven) == 1 else "point or comma, by the column"
