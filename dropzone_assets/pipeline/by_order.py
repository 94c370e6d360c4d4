"""The rows of a scan kept in their order, so that it says which of two equal hours a row is of."""

from dropzone_assets.contracts import Contract, Matched, columns_by_order, halves_of
from dropzone_assets.pipeline.staging import Staging


def in_order(staging: Staging, contract: Contract, relation: str, matched: Matched, *, tidy: bool) -> str:
    """A relation with the rows of another and a half for each column of `columns_by_order`; a scan of a table more.

    Args:
        tidy: whether no text ends with a blank but a space.
    """
    halves = list(columns_by_order(contract))
    if not halves:
        return relation
    own = "".join(f", NULL::BIGINT AS {name}" for name, _ in halves)
    kept = staging.table("ordered", f"SELECT *{own} FROM ({relation})")
    for name, column in halves:
        found = halves_of(contract, column, f"SELECT rowid AS place, * FROM {kept}", matched, tidy=tidy)
        staging.connection.execute(
            f"UPDATE {kept} SET {name} = found.half FROM ({found}) AS found WHERE {kept}.rowid = found.place"
        )
    return f"FROM {kept}"
