"""Deduplicate: of the valid rows with one key, of a day or of all days, the lake keeps one and leaves out the rest."""

from collections.abc import Sequence
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, RECORD, Contract
from dropzone_assets.engine import Connection, columns_of, folded, literal, literals, quote
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import LOADS, tables


def valid_rows(connection: Connection, contract: Contract, days: Sequence[date] | None = None) -> str:
    """The query for the rows of some days, or of all, in the attached warehouse; `_row` is where each rests.

    They have the types of the contract. A column that the warehouse does not have yet is NULL.
    """
    validated, _ = tables(contract.table)
    held = {folded(name) for name in columns_of(connection, validated)}
    fields = {**contract.stored, **contract.lineage}
    own = ", ".join(f"{quote(n) if folded(n) in held else 'NULL'}::{kind} AS {quote(n)}" for n, kind in fields.items())
    if not held:
        return f"SELECT NULL::BIGINT AS _row, {own} LIMIT 0"
    these = "true" if days is None else f"{DATA_DATE} IN (SELECT unnest({literals(days)}::DATE[]))"
    return f"SELECT rowid AS _row, {own} FROM {validated} WHERE {these}"


def key_of(contract: Contract) -> str:
    """What is there once in the lake, as an SQL list of names: the contract's key, of a day or of the whole table."""
    within = [] if contract.over_all_days else [DATA_DATE]
    return ", ".join([*within, *map(quote, contract.key)])


def same_key(contract: Contract) -> str:
    """SQL: a number that is equal for rows with one key.

    Keys are told apart by it first, which takes far less time and memory than by themselves.
    """
    return f"hash({key_of(contract)})"


def left_out(staging: Staging, contract: Contract, days: Sequence[date]) -> str:
    """The relation of the `_row` and the day of each valid row of `days` that the lake leaves out as a duplicate."""
    valid = valid_rows(staging.connection, contract, days)
    if not contract.over_all_days:
        return find_duplicates(staging, contract, valid)
    rivals = rivals_of(staging.connection, contract, f"SELECT {same_key(contract)} FROM ({valid})")
    of_days = f"{DATA_DATE} IN (SELECT unnest({literals(days)}::DATE[]))"
    kept = f"SELECT {stays(contract)} AS _nth FROM ({rivals}) GROUP BY {key_of(contract)}"
    return staging.table(
        "duplicates", f"SELECT _row, {DATA_DATE} FROM ({rivals}) ANTI JOIN ({kept}) USING (_nth) WHERE {of_days}"
    )


def contested(contract: Contract, valid: str) -> str:
    """The query for those of `valid` whose key may be another row's too; a few others may be among them."""
    twice = f"SELECT {same_key(contract)} FROM ({valid}) GROUP BY ALL HAVING count(*) > 1"
    return f"SELECT * FROM ({valid}) WHERE {same_key(contract)} IN ({twice})"


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


def rivals_of(connection: Connection, contract: Contract, keys: str) -> str:
    """The query for the valid rows of all days that have one of these keys (a query for their numbers).

    `_nth` says in the order of their arrival which row each is, of all rows of the table: so the row that stays is
    found by one number a key. The columns of the key are looked through, and no others, once for each use.
    """
    if not columns_of(connection, LOADS):
        return f"SELECT *, NULL::HUGEINT AS _nth FROM ({valid_rows(connection, contract)})"
    order = f"SELECT delivery AS _load, row_number() OVER (ORDER BY file_time, path, delivery) AS _of FROM {LOADS}"
    mine = f"SELECT * FROM ({valid_rows(connection, contract)}) WHERE {same_key(contract)} IN ({keys})"
    return (
        f"SELECT *, _of::HUGEINT * {1 << 63} + {RECORD} AS _nth FROM ({mine}) "
        f"JOIN ({order} WHERE table_name = {literal(contract.table)}) ON _load = {DELIVERY}"
    )


def stays(contract: Contract) -> str:
    """SQL: the `_nth` of the row that stays, of those of one key."""
    return "min(_nth)" if contract.keep == "first" else "max(_nth)"
