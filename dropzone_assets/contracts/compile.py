"""A contract and a way of reading become one SELECT that types, canonicalises and validates every row in one scan."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from dropzone_assets.contracts.by_order import columns_by_order, halves
from dropzone_assets.contracts.lacking import Matched
from dropzone_assets.contracts.model import DATA_DATE, RESCUED, Column, Contract
from dropzone_assets.contracts.number_texts import Written
from dropzone_assets.contracts.numbers import Numbers
from dropzone_assets.contracts.rules import Rule
from dropzone_assets.contracts.transforms import failed, transformed
from dropzone_assets.engine import literal, quote

REASONS, RAW, IGNORED, DOUBT = "_reasons", "_raw", "_ignored", "_doubt"
FILE_INDEX = "_file_index"
"""Which of the files of a scan a row is of; like all names of ours beside a contract's, it begins with `_`."""
ARRIVED = "_arrived"
"""When the row's delivery arrived, for `transformLogic`; also the DuckDB variable that holds it for each file."""

BLANKS = "chr(32) || chr(9) || chr(10) || chr(13) || chr(160)"


def compile_contract(
    contract: Contract,
    relation: str,
    matched: Matched,
    raw: str,
    extra_columns: str,
    fault: str = "",
    ignored: str = "",
    *,
    tidy: bool = False,
    ordered: bool = False,
    written: Sequence[Written] = (),
    typed: str = "",
    guarded: bool = False,
    flaws: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The one statement that validates all rows of `relation`, as one pipeline over one scan.

    Five layers, read from the inside: the *texts* of the contract's columns, trimmed, NULL where missing; the
    *numbers* among them as machines write them; the *typed* values; the *derived* columns; the *validation*.

    Args:
        relation, matched: `file_index` and the text columns `c0` …; those that each physical column comes from.
        raw, extra_columns: SQL for the whole record, and for the columns the contract does not know, as JSON.
        fault, ignored: SQL for why a record cannot be taken apart, and for whether it belongs to another table.
        tidy, guarded: no text ends with a blank but a space; a row for which the contract's SQL fails fails alone.
        ordered: whether `relation` has the columns of `columns_by_order`.
        written: how the numbers of each physical column are written; empty: as machines do.
        typed: the start of the names of columns that say of a cell whether it held a number; empty where none do.
        flaws: kinds of cells without a value to validate → SQL for the numbers of the text columns that have one.

    Returns:
        A query with `_file_index` (of at most 65,536 files), the contract's columns (and `_rescued`), `_data_date` (or
        NULL), `_reasons` (NULL for a valid row), `_raw`, `_ignored`, `_doubt` (as in `Numbers`).
    """
    numbers = Numbers(contract, written, bool(typed))
    state = f"{fault or 'NULL::VARCHAR'} AS _fault, {ignored or 'false'} AS {IGNORED}, {raw} AS {RAW}"
    texts = f"file_index AS {FILE_INDEX}{_texts(contract, matched, tidy=tidy, typed=typed)}"
    texts += _beside(contract, extra_columns, ordered) + _flaws(contract, matched, flaws)
    layer = numbers.over(f"SELECT {texts}, {state} FROM ({relation})")
    layer = transformed(contract, f"SELECT *{_typed(contract, numbers)} FROM ({layer})", guarded=guarded)
    return _with_reasons(contract, numbers, layer, guarded, bool(flaws))


def _beside(contract: Contract, extra_columns: str, ordered: bool) -> str:
    """What stands beside the texts where the contract asks for it: what it does not know, and the moment of arrival."""
    rescued = f", {extra_columns} AS {RESCUED}" if contract.unknown_columns == "rescue" else ""
    hours = "".join(f", {name if ordered else 'NULL'}::BIGINT AS {name}" for name, _ in columns_by_order(contract))
    arrived = f", getvariable('{ARRIVED}')[file_index::BIGINT + 1] AS {ARRIVED}" if uses_arrival(contract) else ""
    return rescued + arrived + hours


def halves_of(contract: Contract, column: Column, relation: str, matched: Matched, *, tidy: bool = False) -> str:
    """A query for the places of the rows in whose hour the order of the file says which of two it was."""
    texts = {each.name: _text(contract, n, matched[n], tidy) for n, each in enumerate(contract.physical)}
    return halves(contract, column, relation, texts)


def compile_evidence(
    contract: Contract,
    relation: str,
    matched: Matched,
    *,
    tidy: bool = False,
    written: Sequence[Written] = (),
    typed: str = "",
) -> str:
    """What the numbers of each file prove of their decimal sign; arguments as above, the answer as in `Numbers`."""
    texts = _texts(contract, matched, tidy=tidy, typed=typed)
    return Numbers(contract, written, bool(typed)).evidence(f"SELECT file_index{texts} FROM ({relation})", "file_index")


def _flaws(contract: Contract, matched: Matched, flaws: Mapping[str, str]) -> str:
    """The reasons of cells that no rule can be asked of; empty where there are no such cells."""
    reasons = (
        f"CASE WHEN list_has_any({columns}, {list(locations)}) THEN {literal(f'{column.name}:{kind}')} END"
        for kind, columns in flaws.items()
        for column, locations in zip(contract.physical, matched, strict=True)
        if locations
    )
    return f", list_filter([{', '.join(reasons)}]::VARCHAR[], lambda r: r IS NOT NULL) AS _flaws" if flaws else ""


def _with_reasons(contract: Contract, numbers: Numbers, layer: str, guarded: bool, flawed: bool) -> str:
    """The outermost layer: which rules each row breaks; a cell with a flaw is asked nothing more."""
    rules = list(_rules(contract, numbers, guarded))
    broken = " OR ".join(condition for _, condition in rules) or "false"
    reasons = ", ".join(f"CASE WHEN {condition} THEN {name} END" for name, condition in rules)
    own = ", ".join(quote(name) for name in contract.stored)
    day = f"CAST({quote(contract.partition_column)} AS DATE)" if contract.partition_column else "NULL::DATE"
    found = f"list_filter([{reasons}], lambda r: r IS NOT NULL)"
    if flawed:
        broken = f"len(_flaws) > 0 OR {broken}"
        columns = "list_transform(_flaws, lambda f: split_part(f, ':', 1))"
        rest = f"list_filter({found}, lambda r: NOT list_contains({columns}, split_part(r, ':', 1)))"
        found = f"list_concat(_flaws, {rest})"
    layer = f"SELECT *, NOT {IGNORED} AND (_fault IS NOT NULL OR coalesce({broken}, false)) AS _broken FROM ({layer})"
    return (
        f"SELECT {FILE_INDEX}::USMALLINT AS {FILE_INDEX}, {own}, {day} AS {DATA_DATE}, "
        f"CASE WHEN _broken THEN CASE WHEN _fault IS NULL THEN {found} "
        f"ELSE [_fault] END END AS {REASONS}, "
        f"CASE WHEN _broken THEN {RAW} END AS {RAW}, {IGNORED}, "
        f"CASE WHEN _fault IS NULL AND NOT {IGNORED} THEN {numbers.doubt()} END AS {DOUBT} FROM ({layer})"
    )


def uses_arrival(contract: Contract) -> bool:
    """Whether some column is computed from the moment the delivery arrived."""
    return any(re.search(rf"\b{ARRIVED}\b", column.transform) for column in contract.columns)


def _text(contract: Contract, n: int, locations: Sequence[int], tidy: bool) -> str:
    if not locations:
        return "NULL::VARCHAR"
    found = f"c{locations[0]}" if len(locations) == 1 else f"coalesce({', '.join(f'c{n}' for n in locations)})"
    trimmed = f"trim({found}, {BLANKS})"
    own = contract.physical[n].missing
    missing = ("", *(contract.missing if own is None else (*contract.missing, *own) if own else ()))
    absent = ", ".join(literal(text) for text in dict.fromkeys(missing))
    # Trimming costs more than reading, so only a text that has no plain character at an end is trimmed.
    end = f"NOT suffix({found}, ' ')" if tidy else f"ascii(reverse({found})) BETWEEN 33 AND 126"
    plain = f"{found} BETWEEN '!' AND '~~' AND {end}"
    return (
        f"CASE WHEN {plain} THEN CASE WHEN {found} NOT IN ({absent}) THEN {found} END "
        f"WHEN {trimmed} NOT IN ({absent}) THEN {trimmed} END"
    )


def _texts(contract: Contract, matched: Matched, *, tidy: bool, typed: str) -> str:
    """The texts of the columns; of those of numbers, whether a cell held one, where that is known."""
    texts = "".join(f", {_text(contract, n, locations, tidy)} AS _t{n}" for n, locations in enumerate(matched))
    if not typed:
        return texts
    cells = ((n, f"{typed}{locations[0]}" if locations else "NULL") for n, locations in enumerate(matched))
    return texts + "".join(f", {cell} AS _d{n}" for n, cell in cells if contract.physical[n].numeric)


def _typed(contract: Contract, numbers: Numbers) -> str:
    return "".join(
        f", {column.cast.format(text=numbers.text(n), half=f'_half{n}')} AS {quote(column.name)}"
        for n, column in enumerate(contract.physical)
    )


def _rules(contract: Contract, numbers: Numbers, guarded: bool) -> Iterator[tuple[str, str]]:
    """Each rule, as SQL for its reason and for whether a row breaks it. Nothing is asked of what was not computed."""
    numbers_of = {column.name: n for n, column in enumerate(contract.physical)}
    for column in contract.columns:
        n, none = numbers_of.get(column.name, -1), failed(contract, column.name, guarded=guarded)
        if none:
            yield literal(f"{column.name}:transform"), f"({none})"
        for rule in column.rules:
            reason = numbers.reason(n) if rule.name == f"{column.name}:type" else ""
            yield (
                reason or literal(rule.name),
                f"(NOT {none} AND {condition(rule, n)})" if none else f"({condition(rule, n)})",
            )


def condition(rule: Rule, number: int) -> str:
    """SQL: whether a row breaks a rule; `number` is that of the column's text."""
    return rule.broken.format(text=f"_t{number}") if rule.broken.startswith("{text}") else rule.broken
