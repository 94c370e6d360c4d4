"""Moved: where a key is there once over all days, rows that come or go change days that none of them is of."""

from dropzone_assets.contracts import DATA_DATE, DELIVERY, REASONS, RECORD, Contract
from dropzone_assets.engine import Connection, quote, rows
from dropzone_assets.pipeline.deduplicate import key_of, rivals_of, same_key, stays
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import PARTITIONS, SELECTIONS, tables
from dropzone_assets.pipeline.validate import Validation


class Moved:
    """The days of a table whose rows stay or are left out otherwise than before a load, for the keys of the load.

    Made before the load removes a row; costs nothing where a key is there once on each day. Only the rows that stay
    are compared, so a day is not touched where the rows of it were left out and still are.
    """

    def __init__(self, staging: Staging, validation: Validation, going: str) -> None:
        self._staging, self._contract = staging, validation.contract
        if self._contract.over_all_days:
            self._keys = _keys(staging, validation, going)
            self._before = self._staying()

    def note(self, touched: str) -> None:
        """Add the days to the relation `touched`, once the rows are there and their loads are noted."""
        if self._contract.over_all_days:
            before, after = f"FROM {self._before}", f"FROM {self._staying()}"
            other = f"({before} EXCEPT {after}) UNION ({after} EXCEPT {before})"
            self._staging.connection.execute(f"INSERT INTO {touched} SELECT DISTINCT {DATA_DATE} FROM ({other})")
        _reselect(self._staging.connection, self._contract, touched)

    def _staying(self) -> str:
        """The relation of the rows that stay, one for each of the keys."""
        contract = self._contract
        rivals = rivals_of(self._staging.connection, contract, f"FROM {self._keys}")
        return self._staging.table(
            "staying",
            f"SELECT {DELIVERY}, {RECORD}, {DATA_DATE} FROM ({rivals}) "
            f"SEMI JOIN (SELECT {stays(contract)} AS _nth FROM ({rivals}) GROUP BY {key_of(contract)}) USING (_nth)",
        )


def _keys(staging: Staging, validation: Validation, going: str) -> str:
    """The relation of the numbers of the keys of all rows that come or go."""
    contract = validation.contract
    own = ", ".join(f"{quote(name)}::{contract.stored[name]} AS {quote(name)}" for name in contract.key)
    parts = [f"SELECT {own} FROM {tables(contract.table).validated} WHERE {DELIVERY} IN (FROM {going})"]
    parts += [f"SELECT {own} FROM {part.rows} WHERE {REASONS} IS NULL" for part in validation.parts]
    return staging.table("keys", f"SELECT DISTINCT {same_key(contract)} FROM ({' UNION ALL '.join(parts)})")


def _reselect(connection: Connection, contract: Contract, touched: str) -> None:
    """Add every day of the table where the contract has come to leave out other duplicates, and note that it has.

    An early release, which noted nothing, had each key once a day.
    """
    noted = rows(connection, f"SELECT selection FROM {SELECTIONS} WHERE table_name = $1", [contract.table])
    if noted == [(contract.selection,)]:
        return
    if noted or contract.over_all_days:
        every = f"SELECT data_date FROM {PARTITIONS} WHERE table_name = $1"
        connection.execute(f"INSERT INTO {touched} {every}", [contract.table])
    connection.execute(f"DELETE FROM {SELECTIONS} WHERE table_name = $1", [contract.table])
    connection.execute(f"INSERT INTO {SELECTIONS} VALUES ($1, $2)", [contract.table, contract.selection])
