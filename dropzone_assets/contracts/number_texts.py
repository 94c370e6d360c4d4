"""Texts of numbers as people write them become texts that the types read, in SQL: digits with a point.

Where the decimal sign is not certain, a number that may be two is none, and has its own reason.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dropzone_assets.contracts.extension import NumberBlock
from dropzone_assets.contracts.model import Column
from dropzone_assets.engine import literal
from dropzone_assets.numerals import EITHER, GROUPS, OTHER, number, proof

AMBIGUOUS = "ambiguous-number"
"""The kind of reason of a number that may be two."""


class Written(NamedTuple):
    """How a column's numbers are written, and what is not certain of it.

    `decimal` is empty where texts are numbers as machines write them. `thousands`: what may stand between them.
    `doubt`: `open`, the decimal sign is only assumed; `seen`, other columns or rows prove it; empty: it is pinned.
    """

    decimal: str = ""
    thousands: str = ""
    doubt: str = ""

    @property
    def grouped(self) -> bool:
        """Whether the sign that is not the decimal one stands between thousands."""
        return self.thousands in OTHER


def bare(text: str, block: NumberBlock | None, how: Written) -> str:
    """SQL: the number that stands in a text, its minus first, without what stands around it or parts its thousands."""
    block = block or NumberBlock()
    currency = _currency(block)
    core = _core(how.thousands)
    forms = "|".join(_forms(core, currency, block))
    own = f"regexp_replace({text}, {literal(currency)}, '', 'g')" if currency else text
    digits = f"regexp_replace({own}, '[^0-9.,]', '', 'g')"
    minus = f"CASE WHEN regexp_matches({own}, '[-\u2212(]') THEN '-' ELSE '' END"
    # What must have a percent sign and has none is no number.
    otherwise = f"'?' || {text}" if block.percent == "fraction" else text
    simple = "" if block.percent == "fraction" else f"WHEN regexp_full_match({text}, '[0-9]+') THEN {text} "
    formed = f"regexp_full_match({text}, {literal(forms)})"
    return f"CASE {simple}WHEN {formed} THEN {minus} || {digits} ELSE {otherwise} END"


_B = "[\\s\u00a0\u202f]*"
_S = "[+\\-\u2212]?"


def _core(thousands: str) -> str:
    """The digits of a number with their signs; which sign means what is looked at later."""
    if thousands not in GROUPS:
        return "(?:[.,]?[0-9][0-9.,]*)"
    return f"(?:[1-9][0-9]{{0,2}}(?:{GROUPS[thousands]}[0-9]{{3}})+(?:[.,][0-9]+)?|[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)"


def _currency(block: NumberBlock) -> str:
    if block.currency is None:
        return ""
    if block.currency == "strip":
        return r"(?:[A-Z]{0,3}\p{Sc}|[A-Z]{3})"
    return f"(?:{'|'.join(map(_escaped, sorted(block.currency, key=len, reverse=True)))})"


def _escaped(text: str) -> str:
    return rf"\Q{text}\E"


def _forms(core: str, currency: str, block: NumberBlock) -> Sequence[str]:
    """All that may stand around a number, by what the contract allows."""
    percent = {None: "", "strip": f"(?:{_B}%)?", "fraction": f"{_B}%"}[block.percent]
    whole = core + percent
    sides = [("", ""), (currency + _B, ""), ("", _B + currency)] if currency else [("", "")]
    forms = []
    for before, behind in sides:
        forms += [f"{_S}{_B}{before}{whole}{behind}", f"{before}{_S}{_B}{whole}{behind}"]
        if block.negative == "trailing":
            forms += [f"{before}{core}{_B}[+-]{percent}{behind}", f"{before}{whole}{behind}{_B}[+-]"]
        if block.negative == "parentheses":
            forms += [f"{before}\\({_B}{whole}{_B}\\){behind}", f"\\({_B}{before}{whole}{behind}{_B}\\)"]
    return forms


def machine(text: str, column: Column, how: Written) -> str:
    """SQL: a number as machines write it; NULL for one that may be two, and for one that is none."""
    if how.decimal == ".":
        groups = f"contains({text}, ',') AND regexp_full_match({text}, {literal(number('.', grouped=how.grouped))})"
        found = f"WHEN {groups} THEN replace({text}, ',', '') ELSE {text}"
    else:
        form = literal(number(",", grouped=how.grouped))
        signed = f"contains({text}, ',') OR contains({text}, '.')"
        found = (
            f"WHEN NOT ({signed}) THEN {text} "
            f"WHEN regexp_full_match({text}, {form}) THEN replace(replace({text}, '.', ''), ',', '.')"
        )
    doubt = f"WHEN {is_either(text)} THEN NULL " if how.doubt == "open" and how.grouped else ""
    value = f"CASE {doubt}{found} END"
    return f"({value}) || 'e-2'" if column.number and column.number.percent == "fraction" else value


def is_either(text: str) -> str:
    """SQL: whether a number may be two; most texts are no such by their length and their fourth letter from behind."""
    return f"({text} GLOB '*[.,][0-9][0-9][0-9]' AND regexp_full_match({text}, {literal(EITHER)}))"


def proves(text: str, sign: str, how: Written) -> str:
    """SQL: whether a number can only have this decimal sign."""
    return f"regexp_full_match({text}, {literal(proof(sign, grouped=how.grouped))})"


def in_doubt(text: str, how: Written) -> str:
    """SQL: whether a number that is none by what is assumed may be one by the other sign."""
    other = proves(text, OTHER[how.decimal], how)
    return f"({is_either(text)} OR {other})" if how.grouped and how.doubt == "open" else other
