"""The rows of a scan kept in their order, so that it says which of two equal hours a row is of."""

from dataclasses import replace

from dropzone_assets.contracts import Contract, Texts, columns_by_order, halves_of
from dropzone_assets.pipeline.staging import Staging


def in_order(staging: Staging, contract: Contract, texts: Texts) -> Texts:
    """Texts with a half for each column of `columns_by_order`; a scan of a table more."""
    halves = list(columns_by_order(contract))
    if not halves:
        return texts
    own = "".join(f", NULL::BIGINT AS {name}" for name, _ in halves)
    kept = staging.table("ordered", f"SELECT *{own} FROM ({texts.relation})")
    for name, column in halves:
        placed = replace(texts, relation=f"SELECT rowid AS place, * FROM {kept}")
        found = halves_of(contract, column, placed)
        staging.connection.execute(
            f"UPDATE {kept} SET {name} = found.half FROM ({found}) AS found WHERE {kept}.rowid = found.place"
        )
    return replace(texts, relation=f"FROM {kept}", ordered=True)
