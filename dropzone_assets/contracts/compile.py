"""A contract and a way of reading become one SELECT that types, canonicalises and validates every row in one scan."""

import re
from collections.abc import Iterable, Iterator, Sequence

from dropzone_assets import engine
from dropzone_assets.contracts.lacking import Matched
from dropzone_assets.contracts.model import DATA_DATE, RESCUED, Contract
from dropzone_assets.contracts.number_texts import Written
from dropzone_assets.contracts.numbers import Numbers
from dropzone_assets.contracts.rules import Rule
from dropzone_assets.engine import literal, quote
from dropzone_assets.errors import BadContract

REASONS, RAW, IGNORED, DOUBT = "_reasons", "_raw", "_ignored", "_doubt"
FILE_INDEX = "_file_index"
"""Which of the files of a scan a row is of; like all names of ours beside a contract's, it begins with `_`."""
ARRIVED = "_arrived"
"""When the row's delivery arrived, for `transformLogic`; also the DuckDB variable that holds it for each file."""

SAMPLES = {
    "VARCHAR": "''",
    "BOOLEAN": "true",
    "DATE": "DATE '2024-01-01'",
    "TIMESTAMP": "TIMESTAMP '2024-01-01'",
    "TIME": "TIME '00:00'",
    "JSON": "'[]'::JSON",
}
"""A value of each type that is no number."""

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
    written: Sequence[Written] = (),
    typed: str = "",
) -> str:
    """The one statement that validates all rows of `relation`.

    Five layers, read from the inside: the *texts* of the contract's columns, trimmed, NULL where missing; the
    *numbers* among them as machines write them; the *typed* values; the *derived* columns; the *validation*. DuckDB
    runs them as one pipeline over one scan. The reasons and the raw record are made only for rows that break a rule.

    Args:
        relation: a query with `file_index` and the text columns `c0`, `c1` …
        matched: for each physical column the text columns it comes from.
        raw: SQL for the whole record as JSON.
        rest: SQL for the columns the contract does not know as JSON.
        fault: SQL for the one reason of a record that cannot be taken apart; no rule is asked of it.
        ignored: SQL for whether the record belongs to another table; it keeps its place, for the numbers of the others.
        tidy: whether no text ends with a blank but a space.
        written: how the numbers of each physical column are written; as machines do, where it is not said.
        typed: the start of the names of columns that say of a cell whether it held a number and no text, if there are.

    Returns:
        A query with `_file_index` (of at most 65,536 files: it rests in every row), the contract's columns (and
        `_rescued` where it keeps unknown columns), `_data_date` (NULL where the file date counts), `_reasons` (NULL for
        a valid row), `_raw`, `_ignored` and `_doubt`: whether another decimal sign might make a refused row valid.
    """
    numbers = Numbers(contract, written, bool(typed))
    texts = _texts(contract, matched, tidy=tidy, typed=typed)
    state = f", {fault or 'NULL::VARCHAR'} AS _fault, {ignored or 'false'} AS {IGNORED}, {raw} AS {RAW}"
    beside = _beside(contract, extra_columns) + state
    layer = numbers.over(f"SELECT file_index AS {FILE_INDEX}{texts}{beside} FROM ({relation})")
    layer = f"SELECT *{_typed(contract, numbers)} FROM ({layer})"
    return _with_reasons(contract, numbers, _transformed(contract, layer))


def _beside(contract: Contract, extra_columns: str) -> str:
    """What stands beside the texts where the contract asks for it: what it does not know, and the moment of arrival."""
    rescued = f", {extra_columns} AS {RESCUED}" if contract.unknown_columns == "rescue" else ""
    arrived = f", getvariable('{ARRIVED}')[file_index::BIGINT + 1] AS {ARRIVED}" if uses_arrival(contract) else ""
    return rescued + arrived


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


def _with_reasons(contract: Contract, numbers: Numbers, layer: str) -> str:
    """The outermost layer: which rules each row breaks."""
    rules = [(_reason(rule, n, numbers), f"({_condition(rule, n)})") for n, rule in _numbered(contract)]
    broken = " OR ".join(condition for _, condition in rules) or "false"
    reasons = ", ".join(f"CASE WHEN {condition} THEN {name} END" for name, condition in rules)
    own = ", ".join(quote(name) for name in contract.stored)
    day = f"CAST({quote(contract.partition_column)} AS DATE)" if contract.partition_column else "NULL::DATE"
    layer = f"SELECT *, NOT {IGNORED} AND (_fault IS NOT NULL OR coalesce({broken}, false)) AS _broken FROM ({layer})"
    return (
        f"SELECT {FILE_INDEX}::USMALLINT AS {FILE_INDEX}, {own}, {day} AS {DATA_DATE}, "
        f"CASE WHEN _broken THEN CASE WHEN _fault IS NULL THEN list_filter([{reasons}], lambda r: r IS NOT NULL) "
        f"ELSE [_fault] END END AS {REASONS}, "
        f"CASE WHEN _broken THEN {RAW} END AS {RAW}, {IGNORED}, "
        f"CASE WHEN _broken AND _fault IS NULL THEN {numbers.doubt()} END AS {DOUBT} FROM ({layer})"
    )


def uses_arrival(contract: Contract) -> bool:
    """Whether some column is computed from the moment the delivery arrived."""
    return any(re.search(rf"\b{ARRIVED}\b", column.transform) for column in contract.columns)


def prove(contract: Contract, connection: engine.Connection | None = None) -> None:
    """Bind the statement and the questions on no rows, run each rule on a sample, so that mistakes show at loading.

    Args:
        connection: one that proves other contracts too. What it refuses is asked again, one by one, on another.

    Raises:
        BadContract: DuckDB refuses; the message is DuckDB's.
    """
    samples = list(_samples(contract))
    if connection and _holds(connection, contract, " UNION ALL ".join(statement for _, statement in samples)):
        return
    with engine.connect() as alone:
        for what, statement in _questions(contract, samples):
            _try(alone, statement, what)


def _holds(connection: engine.Connection, contract: Contract, samples: str) -> bool:
    try:
        for _, statement in _questions(contract, [("its rules", samples)] if samples else []):
            engine.rows(connection, statement)
    except engine.Error:
        return False
    return True


def _samples(contract: Contract) -> Iterator[tuple[str, str]]:
    """Each rule, asked of one value."""
    for column in contract.columns:
        value = f"SELECT {SAMPLES.get(column.kind, f'0::{column.kind}')} AS {quote(column.name)}, '' AS _t0"
        for rule in column.rules:
            yield f"the rule {rule.name}", f"SELECT {_condition(rule, 0)} FROM ({value})"


def _questions(contract: Contract, samples: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """All that a contract is asked, each with what it is about."""
    fields = ", ".join(f"NULL::VARCHAR AS c{n}" for n in range(len(contract.physical)))
    matched = tuple((n,) for n in range(len(contract.physical)))
    relation = f"SELECT 0 AS file_index, {fields} LIMIT 0"
    yield "its rules", f"SET VARIABLE {ARRIVED} = [TIMESTAMP '2024-01-01']"
    yield "its rules", compile_contract(contract, relation, matched, "''", "NULL::JSON")
    yield from samples
    columns = ", ".join(f"{quote(name)} {kind}" for name, kind in {**contract.stored, **contract.lineage}.items())
    yield "its columns", f"CREATE OR REPLACE TABLE lake ({columns})"
    if contract.summary:
        yield "its summary", contract.summary
    for asked in contract.quality:
        yield f"the rule {asked.name}", f"SELECT {asked.kept} FROM ({asked.number}) AS asked(n)"


def _try(connection: engine.Connection, statement: str, what: str) -> None:
    try:
        engine.rows(connection, statement)
    except engine.Error as error:
        raise BadContract(f"{what} cannot be run: {error}", "Correct the SQL in the contract.") from error


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
        f", {column.cast.format(text=numbers.text(n), half='NULL')} AS {quote(column.name)}"
        for n, column in enumerate(contract.physical)
    )


def _transformed(contract: Contract, layer: str) -> str:
    """Columns the contract computes: a derived one is added, one that mentions itself is replaced."""
    changed = [c for c in contract.columns if c.transform and not c.derived]
    if changed:
        items = ", ".join(f"({c.transform})::{c.kind} AS {quote(c.name)}" for c in changed)
        layer = f"SELECT * REPLACE ({items}) FROM ({layer})"
    derived = "".join(f", ({c.transform})::{c.kind} AS {quote(c.name)}" for c in contract.columns if c.derived)
    return f"SELECT *{derived} FROM ({layer})" if derived else layer


def _reason(rule: Rule, n: int, numbers: Numbers) -> str:
    """SQL: the reason of a row that breaks a rule."""
    return (rule.name.endswith(":type") and numbers.reason(n)) or literal(rule.name)


def _condition(rule: Rule, number: int) -> str:
    return rule.broken.format(text=f"_t{number}") if rule.broken.startswith("{text}") else rule.broken


def _numbered(contract: Contract) -> list[tuple[int, Rule]]:
    numbers = {column.name: n for n, column in enumerate(contract.physical)}
    return [(numbers.get(column.name, -1), rule) for column in contract.columns for rule in column.rules]
