"""The layer of numbers in a contract's statement: how each column is written, and what its texts prove of that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dropzone_assets.contracts.model import Column, Contract
from dropzone_assets.contracts.number_texts import AMBIGUOUS, Written, bare, in_doubt, is_either, machine, proves
from dropzone_assets.engine import literal, quote
from dropzone_assets.numerals import GROUPS, OTHER


def written(contract: Contract, decimal: str, thousands: str, pinned: bool) -> tuple[Written, ...]:
    """How each column that is read from a file is written.

    Args:
        decimal: what is known of the file: a sign, `?` where nothing is, or empty for numbers as machines write them.
        thousands: what the contract pins for the file.
        pinned: whether the contract pins the decimal sign.
    """
    return tuple(_written(column, decimal, thousands, pinned=pinned) for column in contract.physical)


def _written(column: Column, decimal: str, thousands: str, *, pinned: bool) -> Written:
    own = column.number
    if not column.numeric or column.by_text or not (decimal or own):
        return Written()
    groups = (own.thousands if own else None) or thousands
    if groups in OTHER:
        return Written(OTHER[groups], groups)
    known = decimal in OTHER
    sign = decimal if known else "."
    return Written(sign, groups or OTHER[sign], "" if pinned else "seen" if known else "open")


@dataclass(frozen=True)
class Numbers:
    """The columns of a contract whose numbers are not as machines write them.

    `cells`: whether the layer below says of each cell, in `_d0`, `_d1` …, if it held a number and no text.
    """

    contract: Contract
    written: Sequence[Written]
    cells: bool = False

    def _columns(self) -> Iterator[tuple[int, Column, Written]]:
        each = zip(self.contract.physical, self.written, strict=False)
        return ((n, column, how) for n, (column, how) in enumerate(each) if how.decimal)

    def bare(self, layer: str) -> str:
        """SQL: the layer of texts, and the numbers in them without what stands around."""
        dressed = [(n, c, how) for n, c, how in self._columns() if _is_dressed(c, how)]
        items = "".join(f", {bare(f'_t{n}', column.number, how)} AS _b{n}" for n, column, how in dressed)
        return f"SELECT *{items} FROM ({layer})" if items else layer

    def over(self, layer: str) -> str:
        """SQL: the layer of texts, and the numbers as machines write them."""
        items = "".join(f", {self._number(n, column, how)} AS _n{n}" for n, column, how in self._columns())
        return f"SELECT *{items} FROM ({self.bare(layer)})" if items else layer

    def _number(self, n: int, column: Column, how: Written) -> str:
        value = machine(_source(n, column, how), column, how)
        return f"CASE WHEN _d{n} THEN _t{n} ELSE {value} END" if self.cells else value

    def text(self, n: int) -> str:
        """The name of what the type of a column reads."""
        return f"_n{n}" if n < len(self.written) and self.written[n].decimal else f"_t{n}"

    def reason(self, n: int) -> str:
        """SQL: why the text of a column is no value of its type; empty where there is only one answer."""
        if n < 0 or n >= len(self.written) or not self.written[n].doubt or not self.written[n].grouped:
            return ""
        column, how = self.contract.physical[n], self.written[n]
        if how.doubt != "open":
            return ""
        kinds = [literal(f"{column.name}:{kind}") for kind in (AMBIGUOUS, "type")]
        either = f"{is_either(_source(n, column, how))}{self._no_cell(n)}"
        return f"CASE WHEN {either} THEN {kinds[0]} ELSE {kinds[1]} END"

    def doubt(self) -> str:
        """SQL: whether some number of a row is none because of the sign that was assumed, also one that is replaced."""
        each = []
        for n, column, how in self._columns():
            none = "" if column.transform else f"_broken AND {quote(column.name)} IS NULL AND "
            doubt = f"(_t{n} IS NOT NULL AND {none}{in_doubt(_source(n, column, how), how)}{self._no_cell(n)})"
            each += [doubt] if how.doubt else []
        return " OR ".join(each) or "false"

    def _no_cell(self, n: int) -> str:
        return f" AND NOT coalesce(_d{n}, false)" if self.cells else ""

    def evidence(self, layer: str, index: str) -> str:
        """SQL: for each file and each column how many numbers prove a point, a comma, and one that may be two.

        Args:
            layer: the texts.
            index: the column of the layer that says which file a row is of.
        """
        items = []
        for n, column, how in self._columns():
            text, real = _source(n, column, how), self._no_cell(n)
            either = f"min({text}) FILTER ({is_either(text)}{real})" if how.grouped else "NULL"
            counts = (f"count(*) FILTER ({proves(text, sign, how)}{real})" for sign in OTHER)
            items += [*counts, either]
        return f"SELECT {index}, {', '.join(items)} FROM ({self.bare(layer)}) GROUP BY ALL"

    def columns(self) -> list[tuple[int, Column]]:
        """The columns that `evidence` speaks of, with their places in the contract."""
        return [(n, column) for n, column, _ in self._columns()]


def _is_dressed(column: Column, how: Written) -> bool:
    """Whether something may stand around a number of the column, or between its thousands, that is neither sign."""
    return column.number is not None or how.thousands in GROUPS


def _source(n: int, column: Column, how: Written) -> str:
    return f"_b{n}" if _is_dressed(column, how) else f"_t{n}"
