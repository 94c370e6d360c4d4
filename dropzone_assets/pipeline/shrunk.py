"""Shrunk: what gives fewer rows than before, out of the same bytes and by the same contract, takes no row away."""

from collections.abc import Mapping

from dropzone_assets.engine import columns_of, rows
from dropzone_assets.errors import Refused
from dropzone_assets.ledger import REBUILD
from dropzone_assets.pipeline.tables import LOADS
from dropzone_assets.pipeline.validate import Validation
from dropzone_assets.pipeline.versions import Versions
from dropzone_assets.platform import Platform


def shrunk(platform: Platform, validation: Validation, chosen: Versions) -> dict[str, Refused]:
    """The deliveries of a load, by key, that keep the rows they have, each with why.

    The same bytes give the same number of records. Where they give fewer, the copy is damaged or the program reads it
    in another way, and a person decides. What was given before is asked of the attached warehouse, and where that has
    lost it, of the ledger.
    """
    counts = {tally.key: tally.rows_read for tally in validation.tallies}
    before = _before(platform, validation, chosen)
    found: dict[str, Refused] = {}
    for delivery in chosen.current:
        key = delivery.key
        refusal, now = validation.refused.get(key), counts.get(key, 0)
        if (refusal or key in counts) and now < before.get(key, 0):
            found[key] = _why(delivery.path, before[key], now, refusal)
    return found


def keep(platform: Platform, chosen: Versions, staying: Mapping[str, Refused]) -> None:
    """The ledger hears of the deliveries that keep their rows, or, where the warehouse has lost them, their days."""
    lost = {delivery.key for delivery in chosen.current if delivery.again == REBUILD}
    for key, refusal in staying.items():
        if key in lost:
            platform.ledger.deliveries.failed(key, "transform", refusal)
        else:
            platform.ledger.deliveries.shrunk(key, refusal)


def _before(platform: Platform, validation: Validation, chosen: Versions) -> dict[str, int]:
    """Delivery → records of it when the same bytes were loaded by the same contract."""
    hashes = {delivery.key: delivery.content_hash for delivery in chosen.current}
    lost = [delivery.key for delivery in chosen.current if delivery.again == REBUILD]
    noted = platform.ledger.queries.entries(lost)
    found = {row.key: int(row.rows_read) for row in noted if row.contract_version == validation.contract.version}
    if "rows_read" in columns_of(validation.connection, LOADS):
        query = f"SELECT delivery, rows_read, content_hash FROM {LOADS} WHERE list_contains($1, delivery)"
        held = rows(
            validation.connection, f"{query} AND contract_hash = $2", [list(hashes), validation.contract.fingerprint]
        )
        found |= {key: count for key, count, content in held if hashes[key] == content}
    return found


def _why(path: str, before: int, now: int, refusal: Refused | None) -> Refused:
    found = f"{path} gave {before:,} rows before, and {now:,} now, out of the same bytes; it keeps those it has."
    cure = f"See whether its copy is whole: dropzone verify --deep. If {now:,} is right: dropzone retract {path}"
    return Refused(f"{found} {refusal.found}" if refusal else found, f"{cure}, then: dropzone retract --undo {path}.")
