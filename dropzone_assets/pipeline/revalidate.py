"""Revalidate: when a contract changes, what an earlier one validated is validated again, refused rows first."""

from collections.abc import Sequence
from typing import NamedTuple

from dropzone_assets.contracts import DELIVERY, Contract
from dropzone_assets.engine import Connection, attached, columns_of, rows
from dropzone_assets.ledger import MOVE, RELEASE
from dropzone_assets.pipeline.tables import LOADS, tables
from dropzone_assets.platform import Platform


class Revalidated(NamedTuple):
    """What validating again came to, in files and rows. `kept`: rows that the contract now refuses and that stayed."""

    files: int
    released: int
    withdrawn: int
    changed: int
    kept: int


def revalidate(platform: Platform, contract: Contract, *, move: bool) -> list[str]:
    """Make pending, by key, what another contract than that of now has validated.

    Deliveries with refused rows come first, in runs of their own. Rows that become valid enter once, under the new
    version. Rows that were valid and would be refused stay as they are, unless `move`: then they go into quarantine,
    also those that an earlier time has let stay.
    """
    if not platform.settings.warehouse.exists():
        return []
    connection = platform.connect()
    with attached(connection, platform.settings.warehouse, read_only=True):
        found = _validated_before(connection, contract, move=move)
    lots = {f"replay-{n}": [key for key, refused in found if refused is (n == 1)] for n in (1, 2)}
    for lot, keys in lots.items():
        platform.ledger.replays.revalidate(keys, MOVE if move else RELEASE, lot)
    return [key for keys in lots.values() for key in keys]


def _validated_before(connection: Connection, contract: Contract, *, move: bool) -> list[tuple[str, bool]]:
    """Delivery → whether some of its rows are refused."""
    held = columns_of(connection, LOADS)
    if not held or not columns_of(connection, tables(contract.table)[1]):
        return []
    other = "contract_hash IS DISTINCT FROM $2" if "contract_hash" in held else "$2 IS NOT NULL"
    kept = "OR rows_kept > 0" if move and "rows_kept" in held else ""
    refused = f"delivery IN (SELECT {DELIVERY} FROM {tables(contract.table)[1]})"
    query = f"SELECT delivery, {refused} FROM {LOADS} WHERE table_name = $1 AND ({other} {kept})"
    return [(key, bool(some)) for key, some in rows(connection, query, [contract.table, contract.fingerprint])]


def revalidated(platform: Platform, keys: Sequence[str]) -> Revalidated:
    """What has come of it for those of these deliveries that are loaded."""
    found = [row for row in platform.ledger.queries.entries(keys) if row.state == "loaded"]
    names = ("rows_added", "rows_removed", "rows_changed", "rows_kept")
    return Revalidated(len(found), *(sum(getattr(row, name) or 0 for row in found) for name in names))
