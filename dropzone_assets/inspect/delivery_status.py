"""Delivery status: how a delivery stands now, in a sentence, and whether its trouble passes by itself."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from dropzone_assets.errors import BadContract
from dropzone_assets.files import FILES
from dropzone_assets.ledger import FETCH, INGESTION, LEFT, PENDING, SAFE, SHRUNK, DeliveryRow, Since, now
from dropzone_assets.pipeline.plan import replay_of
from dropzone_assets.platform import Platform

NEXT = {
    "listed": "A run is to load it.",
    "fetched": "Its bytes are in the raw zone; a run is to load them.",
    "opened": "What came in it are deliveries of their own.",
    "stored": "It is in the raw zone, and meant for no table.",
    "sidecar": "It is read when the file beside it is copied.",
    "retracting": "It was taken back; a run is to remove its rows.",
    "retracted": "It was taken back.",
    "superseded": "Another version of the file counts, or it is no longer at its source.",
}


@dataclass(frozen=True)
class Trouble:
    """Why a delivery is not loaded: `failed`, where a person has to act, or `waiting`, where time helps.

    `again`: when it is tried next, as far as that is known; `times`: how often it has been tried or has waited.
    """

    key: str
    source: str
    file: str
    version: str
    table: str
    stage: str
    kind: str
    since: datetime | None
    again: datetime | None
    times: int
    reason: str
    cure: str


def troubles(platform: Platform, *, waiting: bool = True) -> list[Trouble]:
    """Every failed delivery and (when `waiting`) every one that waits or is tried again, newest first."""
    found = [trouble_of(row) for row in platform.ledger.queries.troubles(waiting=waiting)]
    if not waiting:
        return found
    sleeping = {each.key: each for each in sleepers(platform)}
    return [*(each for each in found if each.key not in sleeping), *sleeping.values()]


def sleepers(platform: Platform) -> list[Trouble]:
    """Every pending delivery of a table that has no contract which can be honoured now: it waits for one."""
    found = []
    for row in platform.ledger.queries.pending_apart(["", FILES, *platform.contracts.tables]):
        if why := sleeps(platform, row):
            facts = (row.key, row.source, row.path, row.version, row.table_name)
            found.append(Trouble(*facts, "contract", "waiting", row.arrived, None, row.attempts, why.found, why.cure))
    return found


def sleeps(platform: Platform, row: DeliveryRow) -> BadContract | None:
    """Why a pending delivery waits for the contract of its table; None when it does not."""
    waits = row.state in PENDING and row.table_name not in ("", FILES)
    return platform.contracts.why_not(row.table_name) if waits else None


class Asleep(NamedTuple):
    """How many files and partitions of a table wait for its contract, why, and what to do."""

    table: str
    files: int
    partitions: int
    reason: str
    cure: str


def asleep(platform: Platform) -> list[Asleep]:
    """The tables of which something waits for a contract that can be honoured."""
    files = Counter(each.table for each in sleepers(platform))
    due = {table: len(days) for table, days in platform.ledger.partitions.due().items() if table != INGESTION}
    return [
        Asleep(table, files[table], due.get(table, 0), why.found, why.cure)
        for table in sorted({*files, *due})
        if (why := platform.contracts.why_not(table))
    ]


def trouble_of(row: Since) -> Trouble:
    """What is wrong with a delivery, from its row with `since`."""
    failed = row.state == "failed" or kept_as_it_was(row)
    died = not failed and not row.waits
    reason = "The run that worked on it ended early." if died else row.reason
    cure = "It is tried again by itself." if died else row.cure
    return Trouble(
        row.key,
        row.source,
        row.path,
        row.version,
        row.table_name,
        row.stage or ("transform" if died else ""),
        "failed" if failed else "waiting",
        (row.since or row.arrived) if failed else None,
        None if failed else row.not_before,
        max(row.waits, row.attempts),
        reason,
        cure,
    )


def kept_as_it_was(row: DeliveryRow) -> bool:
    """Whether what came of a delivery counts, and its raw copy is lost or gives fewer rows now."""
    return bool(row.stage in (FETCH, SHRUNK) and row.state in SAFE)


def status_of(row: DeliveryRow) -> str:
    """How a delivery stands now, and what happens next."""
    if row.state == "failed":
        return f"failed ({row.stage}): {row.reason} {row.cure} Then: {replay_of(row.table_name)}"
    if row.not_before and row.not_before > now():
        return f"waiting until {row.not_before:%Y-%m-%d %H:%M:%S} ({_nth(row.waits)} time): {row.reason} {row.cure}"
    if row.state in ("listed", "fetched", "retracting"):
        return f"{row.state}. {NEXT[row.state]} {_run(row)}"
    if row.state == "linked":
        return f"linked to delivery {row.same_as}, which brought the same bytes; its rows are not there twice."
    left = " The file has left its source." if row.leaving == LEFT else ""
    left += f" But: {row.reason} {row.cure}" if kept_as_it_was(row) else ""
    return f"{_counts(row) if row.state == 'loaded' else f'{row.state}. {NEXT[row.state]}'}{left}"


def difference(row: DeliveryRow) -> str:
    """How the rows of a delivery differ from those they replaced; empty when they replaced none."""
    if row.rows_added is None:
        return ""
    return f"{row.rows_added:,} added, {row.rows_removed:,} removed, {row.rows_changed:,} changed"


def _counts(row: DeliveryRow) -> str:
    by = f" by contract {row.contract_version}" if row.contract_version else ""
    late = f", {row.late:,} of them late" if row.late else ""
    kept = f"; {row.rows_kept:,} kept that the contract now refuses" if row.rows_kept else ""
    found = f"{row.rows_read:,} rows read, {row.valid:,} valid{late}, {row.quarantined:,} quarantined{kept}"
    replaced = f" Valid rows against the version before: {difference(row)}." if row.rows_added is not None else ""
    return f"loaded{by}: {found}.{replaced}"


def _run(row: DeliveryRow) -> str:
    if not row.batch:
        return "No run has taken it yet."
    return f"It is in batch {row.batch}, tried {row.attempts:,} time{'s' * (row.attempts != 1)}."


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
