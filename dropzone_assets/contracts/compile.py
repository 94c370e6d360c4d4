"""A contract and a way of reading become one SELECT that types, canonicalises and validates every row in one scan."""

import re
from collections.abc import Iterator

from dropzone_assets.contracts.by_order import columns_by_order, halves
from dropzone_assets.contracts.model import DATA_DATE, RESCUED, Column, Contract
from dropzone_assets.contracts.numbers import Numbers
from dropzone_assets.contracts.rules import Rule
from dropzone_assets.contracts.texts import Texts
from dropzone_assets.contracts.transforms import failed, transformed
from dropzone_assets.engine import literal, quote

REASONS, RAW, IGNORED, DOUBT = "_reasons", "_raw", "_ignored", "_doubt"
FILE_INDEX = "_file_index"
"""Which of the files of a scan a row is of; like all names of ours beside a contract's, it begins with `_`."""
ARRIVED = "_arrived"
"""When the row's delivery arrived, for `transformLogic`; also the DuckDB variable that holds it for each file."""

BLANKS = "chr(32) || chr(9) || chr(10) || chr(13) || chr(160)"


def compile_contract(contract: Contract, texts: Texts, *, guarded: bool = False) -> str:
    """The one statement that validates all records of some files, as one pipeline over one scan.

    Five layers, read from the inside: the *texts* of the contract's columns, trimmed, NULL where missing; the
    *numbers* among them as machines write them; the *typed* values; the *derived* columns; the *validation*. The
    reasons and the raw record are made only for rows that break a rule.

    Args:
        guarded: whether a row for which the contract's SQL fails costs that row only.

    Returns:
        A query with `_file_index` (of at most 65,536 files: it rests in every row), the contract's columns (and
        `_rescued` where it keeps unknown ones), `_data_date` (NULL where the file date counts), `_reasons` (NULL for a
        valid row), `_raw`, `_ignored` and `_doubt`: whether another decimal sign might make a number of the row.
    """
    numbers = Numbers(contract, texts.written, bool(texts.typed))
    state = f"{texts.fault or 'NULL::VARCHAR'} AS _fault, {texts.ignored or 'false'} AS {IGNORED}, {texts.raw} AS {RAW}"
    own = f"file_index AS {FILE_INDEX}{_texts(contract, texts)}{_beside(contract, texts)}{_flaws(contract, texts)}"
    layer = numbers.over(f"SELECT {own}, {state} FROM ({texts.relation})")
    layer = transformed(contract, f"SELECT *{_typed(contract, numbers)} FROM ({layer})", guarded=guarded)
    return _with_reasons(contract, numbers, layer, guarded, bool(texts.flaws))


def _beside(contract: Contract, texts: Texts) -> str:
    """What stands beside the texts where the contract asks for it: unknown columns, the arrival, which hour it was."""
    rescued = f", {texts.extra_columns} AS {RESCUED}" if contract.unknown_columns == "rescue" else ""
    known = "".join(
        f", {name if texts.ordered else 'NULL'}::BIGINT AS {name}" for name, _ in columns_by_order(contract)
    )
    arrived = f", getvariable('{ARRIVED}')[file_index::BIGINT + 1] AS {ARRIVED}" if uses_arrival(contract) else ""
    return rescued + arrived + known


def halves_of(contract: Contract, column: Column, texts: Texts) -> str:
    """A query for the places of the rows in whose hour the order of the file says which of two it was."""
    named = {each.name: _text(contract, n, texts) for n, each in enumerate(contract.physical)}
    return halves(contract, column, texts.relation, named)


def compile_evidence(contract: Contract, texts: Texts) -> str:
    """What the numbers of each file prove of their decimal sign; the answer as in `Numbers`."""
    own = f"SELECT file_index{_texts(contract, texts)} FROM ({texts.relation})"
    return Numbers(contract, texts.written, bool(texts.typed)).evidence(own, "file_index")


def _flaws(contract: Contract, texts: Texts) -> str:
    """The reasons of cells that no rule can be asked of; empty where there are no such cells."""
    reasons = (
        f"CASE WHEN list_has_any({columns}, {list(locations)}) THEN {literal(f'{column.name}:{kind}')} END"
        for kind, columns in texts.flaws.items()
        for column, locations in zip(contract.physical, texts.matched, strict=True)
        if locations
    )
    if not texts.flaws:
        return ""
    return f", list_filter([{', '.join(reasons)}]::VARCHAR[], lambda r: r IS NOT NULL) AS _flaws"


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


def _text(contract: Contract, n: int, texts: Texts) -> str:
    locations = texts.matched[n]
    if not locations:
        return "NULL::VARCHAR"
    found = f"c{locations[0]}" if len(locations) == 1 else f"coalesce({', '.join(f'c{n}' for n in locations)})"
    trimmed = f"trim({found}, {BLANKS})"
    own = contract.physical[n].missing
    missing = ("", *(contract.missing if own is None else (*contract.missing, *own) if own else ()))
    absent = ", ".join(literal(text) for text in dict.fromkeys(missing))
    # Trimming costs more than reading, so only a text that has no plain character at an end is trimmed.
    end = f"NOT suffix({found}, ' ')" if texts.tidy else f"ascii(reverse({found})) BETWEEN 33 AND 126"
    plain = f"{found} BETWEEN '!' AND '~~' AND {end}"
    return (
        f"CASE WHEN {plain} THEN CASE WHEN {found} NOT IN ({absent}) THEN {found} END "
        f"WHEN {trimmed} NOT IN ({absent}) THEN {trimmed} END"
    )


def _texts(contract: Contract, texts: Texts) -> str:
    """The texts of the columns; of those of numbers, whether a cell held one, where that is known."""
    own = "".join(f", {_text(contract, n, texts)} AS _t{n}" for n in range(len(contract.physical)))
    if not texts.typed:
        return own
    numeric = (n for n, column in enumerate(contract.physical) if column.numeric)
    return own + "".join(f", {_cell(texts, n)} AS _d{n}" for n in numeric)


def _cell(texts: Texts, n: int) -> str:
    """SQL: whether the cell that gives a column its text held a number."""
    cases = " ".join(f"WHEN c{found} IS NOT NULL THEN {texts.typed}{found}" for found in texts.matched[n])
    return f"CASE {cases} END" if cases else "NULL"


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
