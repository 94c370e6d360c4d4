"""Prove: does the lake equal its inputs? Each table is made again from the raw zone and compared, step by step."""

from collections.abc import Iterator
from contextlib import closing

from dropzone_assets.contracts import Contract
from dropzone_assets.engine import spilling
from dropzone_assets.files import FILES
from dropzone_assets.ledger import INGESTION, now
from dropzone_assets.pipeline.summarise import COUNTS, DAY, ask, ask_ingestion
from dropzone_assets.platform import Platform
from dropzone_assets.proof.actual import Moment, actual_of, moment
from dropzone_assets.proof.findings import Proof
from dropzone_assets.proof.lake import Lake
from dropzone_assets.proof.raw import RawObjects
from dropzone_assets.proof.rebuild import Rebuilt, Say, scratch, take_over, validate_again, validate_as_then
from dropzone_assets.proof.summaries import Summaries
from dropzone_assets.proof.warehouse import Warehouse, unlike


def prove(platform: Platform, table: str = "", *, deep: bool = False, say: Say) -> Iterator[Proof]:
    """Compare a table, or all of them and what came in, with what the raw zone makes of them today.

    Nothing is written but a scratch home in the spill folder, which is gone afterwards.

    Args:
        table: one table; all when empty.
        deep: also read every raw object, and compare its bytes with the BLAKE3 in its name.

    Raises:
        Permanent: there is no such table.
        Transient: the warehouse stays locked, a store does not answer, or the disk of the spill folder is full.
    """
    with spilling(platform.settings.spill):
        yield from _proofs(platform, table, deep, say)


def _proofs(platform: Platform, table: str, deep: bool, say: Say) -> Iterator[Proof]:
    contracts = [platform.contract(table)] if table else list(platform.contracts.tables.values())
    for contract in contracts:
        yield _prove(platform, contract, deep, say)
    if not table:
        known = platform.contracts.tables.keys()
        others = {row.table_name for row in platform.ledger.queries.per_table()} - known - {"", FILES}
        for name in (FILES, *sorted(others)):
            yield _prove_raw(platform, name, deep, say)
        yield _prove_ingestion(platform)


def bytes_to_read(platform: Platform, table: str = "", *, deep: bool = False) -> int:
    """About how many bytes `prove` will tell of."""
    sizes = platform.ledger.queries.sizes()
    mine = {of: size for of, size in sizes.items() if of[0] and table in ("", of[0])}
    loaded = sum(size for (name, state), size in mine.items() if state == "loaded" and name != FILES)
    return loaded + deep * sum(size for (_, state), size in mine.items() if state != "superseded")


def _prove(platform: Platform, contract: Contract, deep: bool, say: Say) -> Proof:
    proof = Proof(contract.table)
    now = moment(platform, contract)
    raw = RawObjects(platform, list(now.kept.values()))
    raw.find()
    if deep:
        raw.read(list(raw.owners), say)
    older = _older(contract, now)
    with scratch(platform, contract) as rebuilt:
        skipped = _rebuild(platform, rebuilt, now, raw, older, say)
        raw.report(proof)
        Warehouse(platform, rebuilt, now, skipped).report(proof)
        days = Lake(platform, rebuilt, now).report(proof, say)
        answers = ask(rebuilt.platform, contract, days)
        with closing(answers.connection):
            Summaries(platform, answers, now.published, rebuilt.platform.settings.spill).report(
                proof, lenient=bool(older)
            )
    if older:
        found = f"{len(older):,} deliveries were validated by an older contract, wholly or in part"
        proof.note("validated rows", contract.table, found, f"dropzone replay {contract.table}")
    return proof


def _older(contract: Contract, now: Moment) -> set[str]:
    """Deliveries of which an earlier contract has validated rows, so that they may differ."""
    noted = now.held.loads.items()
    return {key for key, notes in noted if not all(note.follows(contract) for note in notes)}


def _rebuild(platform: Platform, rebuilt: Rebuilt, now: Moment, raw: RawObjects, older: set[str], say: Say) -> set[str]:
    """Fill the scratch warehouse; the deliveries whose rows were taken over, because they could not be validated again.

    What differs is looked at twice: its raw object may not be what was loaded, and time has passed since.
    """
    held = now.held
    wanted = {key: kept for key, kept in now.kept.items() if key in now.loaded or key in held.loads}
    skipped = {key for key, kept in wanted.items() if key in older or kept.delivery.raw_path in raw.broken}
    validate_again(rebuilt, [kept for key, kept in wanted.items() if key not in skipped], say)
    unequal = unlike(held, actual_of(rebuilt.platform, rebuilt.contract)) & (wanted.keys() - skipped)
    raw.read([wanted[key].delivery.raw_path for key in unequal])
    flipped = {key for key in unequal if wanted[key].delivery.raw_path in raw.broken}
    validate_as_then(rebuilt, [wanted[key] for key in sorted(unequal - flipped)])
    skipped |= flipped
    pending = {key for key in held.loads if key in now.waiting and key not in wanted}
    take_over(platform, rebuilt, sorted(skipped | pending))
    return skipped


def _prove_raw(platform: Platform, name: str, deep: bool, say: Say) -> Proof:
    """What has raw files and no contract: what is no one table's, and tables that are not active any more."""
    proof = Proof(name)
    kept = platform.ledger.worklist.kept(name)
    raw = RawObjects(platform, kept)
    raw.find()
    if deep:
        raw.read(list(raw.owners), say)
    raw.report(proof)
    if name != FILES and kept:
        found = "the table has no active contract, so its rows cannot be validated again"
        proof.note("validated rows", name, found, "See: dropzone contracts list.")
    return proof


COUNTED = f"({' + '.join(COUNTS)}) <> 0"
"""Rows of the ingestion summary that count something; the others only say how a day stands."""


def _prove_ingestion(platform: Platform) -> Proof:
    """What came in on each day, asked of the ledger again. How a day stands depends on the clock, and is left out."""
    proof = Proof(INGESTION)
    days = platform.ledger.partitions.days(INGESTION)
    before = platform.ledger.partitions.versions(INGESTION, days)
    answers = ask_ingestion(platform, days, now())
    with closing(answers.connection) as connection:
        own = ", ".join((DAY, '"table"', "day", *COUNTS))
        connection.execute(f"CREATE OR REPLACE TABLE answers AS SELECT {own} FROM answers WHERE {COUNTED}")
        Summaries(platform, answers, before, platform.settings.spill, COUNTED).report(proof)
    return proof
