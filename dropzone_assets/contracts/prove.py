"""A contract's SQL is run on no rows and on samples when it is loaded, so that mistakes show before a file comes."""

from collections.abc import Iterable, Iterator

from dropzone_assets import engine
from dropzone_assets.contracts.by_order import columns_by_order
from dropzone_assets.contracts.compile import ARRIVED, compile_contract, condition, halves_of
from dropzone_assets.contracts.model import Contract
from dropzone_assets.contracts.texts import Texts
from dropzone_assets.contracts.transforms import OWN_TEXT, questions
from dropzone_assets.engine import quote
from dropzone_assets.errors import BadContract

SAMPLES = {
    "VARCHAR": "''",
    "BOOLEAN": "true",
    "DATE": "DATE '2024-01-01'",
    "TIMESTAMP": "TIMESTAMP '2024-01-01'",
    "TIME": "TIME '00:00'",
    "JSON": "'[]'::JSON",
}
"""A value of each type that is no number."""


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
        _try_transforms(alone, contract)
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
            yield f"the rule {rule.name}", f"SELECT {condition(rule, 0)} FROM ({value})"


def _questions(contract: Contract, samples: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """All that a contract is asked, each with what it is about."""
    yield "its rules", f"SET VARIABLE {ARRIVED} = [TIMESTAMP '2024-01-01']"
    yield "its rules", _of_no_rows(contract, guarded=False)
    for _, column in columns_by_order(contract):
        yield f"the order of {column.name}", halves_of(contract, column, _no_texts(contract))
    yield from samples
    columns = ", ".join(f"{quote(name)} {kind}" for name, kind in {**contract.stored, **contract.lineage}.items())
    yield "its columns", f"CREATE OR REPLACE TABLE lake ({columns})"
    if contract.summary:
        yield "its summary", contract.summary
    for asked in contract.quality:
        yield f"the rule {asked.name}", f"SELECT {asked.kept} FROM ({asked.number}) AS asked(n)"


def _of_no_rows(contract: Contract, *, guarded: bool) -> str:
    return compile_contract(contract, _no_texts(contract), guarded=guarded)


def _no_texts(contract: Contract) -> Texts:
    """Texts of all columns, and of no record."""
    fields = ", ".join(f"NULL::VARCHAR AS c{n}" for n in range(len(contract.physical)))
    matched = tuple((n,) for n in range(len(contract.physical)))
    return Texts(f"SELECT 0 AS file_index, 0 AS place, {fields} LIMIT 0", matched)


def can_guard(contract: Contract, connection: engine.Connection) -> bool:
    """Whether a row for which the SQL of some column fails can be told apart from the others."""
    if not any(column.transform for column in contract.columns):
        return False
    try:
        engine.rows(connection, f"SELECT 1 FROM ({_of_no_rows(contract, guarded=True)})")
    except engine.Error:
        return False
    return True


def _try(connection: engine.Connection, statement: str, what: str) -> None:
    try:
        engine.rows(connection, statement)
    except engine.Error as error:
        raise BadContract(f"{what} cannot be run: {_said(error)}", "Correct the SQL in the contract.") from error


def _try_transforms(connection: engine.Connection, contract: Contract) -> None:
    """Name the column whose SQL is wrong, and what it can be made of."""
    for column, statement in questions(contract):
        try:
            engine.rows(connection, statement)
        except engine.Error as error:
            found = f"the transformLogic of {column.name} cannot be run: {_said(error)}"
            others = ", ".join(each.name for each in contract.columns)
            own = f"In it {column.name} is a {column.kind}; the text as it came is `{OWN_TEXT}`."
            cure = f"It may name the columns {others}, and `{ARRIVED}`." if column.derived else own
            raise BadContract(found, f"Correct the SQL: {column.transform}. {cure}") from error


def _said(error: engine.Error) -> str:
    """What DuckDB says, without the statement that is ours."""
    return str(error).splitlines()[0].split(" Error: ", 1)[-1]
