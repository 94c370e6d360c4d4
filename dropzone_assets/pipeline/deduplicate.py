"""Deduplicate: of the valid rows of a day with one key the lake keeps one and leaves out the others."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RECORD, Contract
from dropzone_assets.engine import Connection, columns_of, folded, literals, quote
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import LOADS, tables


def valid_rows(connection: Connection, contract: Contract, days: Sequence[date]) -> str:
    """The query for the rows of some days in the attached warehouse, typed by the contract; `_row` is where each rests.

    A column that the warehouse does not have yet is NULL.
    """
    validated, _ = tables(contract.table)
    held = {folded(name) for name in columns_of(connection, validated)}
    fields = {**contract.stored, **contract.lineage}
    own = ", ".join(f"{quote(n) if folded(n) in held else 'NULL'}::{kind} AS {quote(n)}" for n, kind in fields.items())
    if not held:
        return f"SELECT NULL::BIGINT AS _row, {own} LIMIT 0"
    return (
        f"SELECT rowid AS _row, {own} FROM {validated} WHERE {DATA_DATE} IN (SELECT unnest({literals(days)}::DATE[]))"
    )


def key_of(contract: Contract) -> str:
    """What is there once in the lake: the day with the contract's key, as an SQL list of names."""
    return ", ".join([DATA_DATE, *map(quote, contract.key)])


def contested(contract: Contract, valid: str) -> str:
    """The query for those of `valid` whose key may be another row's too; a few others may be among them.

    Keys are told apart by their hashes, which takes far less time and memory than by themselves.
    """
    same = f"hash({key_of(contract)})"
    twice = f"SELECT {same} FROM ({valid}) GROUP BY ALL HAVING count(*) > 1"
    return f"SELECT * FROM ({valid}) WHERE {same} IN ({twice})"


def find_duplicates(staging: Staging, contract: Contract, valid: str, loads: str = LOADS) -> str:
    """The relation of the `_row` and the day of each of `valid` that the lake leaves out.

    Of several rows with one key the contract keeps the first or the last, in the order of the files' times, their
    names, and the records in them; so the result does not depend on which file was loaded when.
    """
    if not contract.key:
        return staging.empty("duplicates", {"_row": "BIGINT", DATA_DATE: "DATE"})
    order = ", ".join(name + " DESC" * (contract.keep != "first") for name in ARRIVAL)
    return staging.table(
        "duplicates",
        f"SELECT _row, {DATA_DATE} FROM ({contested(contract, valid)}) {with_arrival(loads)} "
        f"QUALIFY row_number() OVER (PARTITION BY {key_of(contract)} ORDER BY {order}) > 1",
    )


ARRIVAL = ("_file_time", "_path", DELIVERY, RECORD)
"""The names by which rows are in the order of their arrival, where they are joined `with_arrival`."""


def with_arrival(loads: str = LOADS) -> str:
    """The join of rows with what `ARRIVAL` needs of their loads, under names that no column of a contract has."""
    named = f"SELECT delivery AS _load, file_time AS _file_time, path AS _path FROM {loads}"
    return f"JOIN ({named}) ON _load = {DELIVERY}"
