"""The warehouse against the raw zone: every delivery has the rows that its bytes make, and no others are there."""

from collections.abc import Iterator

from dropzone_assets.files import Delivery
from dropzone_assets.ledger import Kept, Tally
from dropzone_assets.platform import Platform
from dropzone_assets.proof.actual import Actual, Moment, actual_of
from dropzone_assets.proof.findings import Proof
from dropzone_assets.proof.fingerprint import Fingerprint
from dropzone_assets.proof.rebuild import Rebuilt
from dropzone_assets.proof.records import QUARANTINED, VALIDATED, differing_records

NOTED, COUNTED = "load records", "ledger counts"

SHOWN = 100
"""Deliveries of which the records are named that differ; of more, the delivery is named alone."""

REBUILD = "Stop all runs, move the warehouse file away, then: dropzone rebuild"


def unlike(held: Actual, again: Actual) -> set[str]:
    """The deliveries, by key, whose rows are not equal in two warehouses."""
    pairs = ((held.validated, again.validated), (held.quarantine, again.quarantine))
    return {key for ours, theirs in pairs for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)}


class Warehouse:
    """The comparison of one table's rows in the real warehouse with those made again."""

    def __init__(self, platform: Platform, rebuilt: Rebuilt, now: Moment, skipped: set[str]) -> None:
        self._platform, self._rebuilt, self._now = platform, rebuilt, now
        self._again = actual_of(rebuilt.platform, rebuilt.contract)
        self._skipped = skipped
        self._records: dict[tuple[str, str], list[int]] = {}

    def report(self, proof: Proof) -> None:
        """Count the deliveries, and name those that differ. `skipped` ones could not be validated again."""
        loaded = self._now.loaded
        wrong = [key for key in unlike(self._now.held, self._again) if key in loaded and key not in self._skipped]
        self._records = differing_records(self._platform, self._rebuilt, sorted(wrong)[:SHOWN])
        for kept in loaded.values():
            changing = self._now.about_to_change(kept.delivery)
            for what in (VALIDATED, QUARANTINED):
                self._rows(proof, what, kept, changing)
            self._noted(proof, kept, changing)
            self._counted(proof, kept)
        for key in self._unknown():
            self._report_unknown(proof, key)

    def _rows(self, proof: Proof, what: str, kept: Kept, changing: bool) -> None:
        delivery, key = kept.delivery, kept.delivery.key
        ours, theirs = (self._prints(held, what).get(key, Fingerprint()) for held in (self._now.held, self._again))
        if key in self._skipped or (ours != theirs and changing):
            proof.count(what).due += 1
        elif ours == theirs:
            proof.count(what).equal += 1
        else:
            proof.differs(what, delivery.path, self._found(what, key, ours, theirs), self._reload(delivery))

    def _found(self, what: str, key: str, ours: Fingerprint, theirs: Fingerprint) -> str:
        if key in self._rebuilt.refused:
            return f"{ours.rows:,} rows, and now the file is refused: {self._rebuilt.refused[key].found}"
        records = ", ".join(map(str, self._records.get((what, key), ())))
        named = f"; records that differ: {records}" if records else ""
        return f"{ours.rows:,} rows, and {theirs.rows:,} when validated again{named}"

    @staticmethod
    def _prints(held: Actual, what: str) -> dict[str, Fingerprint]:
        return held.validated if what == VALIDATED else held.quarantine

    def _noted(self, proof: Proof, kept: Kept, changing: bool) -> None:
        delivery = kept.delivery
        notes = self._now.held.loads.get(delivery.key, [])
        if [(note.path, note.file_time) for note in notes] == [(delivery.path, delivery.file_time)]:
            proof.count(NOTED).equal += 1
        elif changing:
            proof.count(NOTED).due += 1
        elif len(notes) == 1:
            found = f"noted as {notes[0].path} of {notes[0].file_time}, and {delivery.file_time} by the ledger"
            proof.differs(NOTED, delivery.path, found, self._reload(delivery))
        else:
            found = f"{len(notes)} notes in dropzone.loads, and 1 by the ledger"
            proof.differs(NOTED, delivery.path, found, REBUILD)

    def _counted(self, proof: Proof, kept: Kept) -> None:
        key, ours = kept.delivery.key, kept.tally
        valid, refused = (
            self._prints(self._again, what).get(key, Fingerprint()).rows for what in (VALIDATED, QUARANTINED)
        )
        theirs = self._rebuilt.tallies.get(key) or Tally(key, valid + refused, valid, refused, ours.late)
        if key in self._rebuilt.refused:
            return
        if _counts(ours) == _counts(theirs):
            proof.count(COUNTED).equal += 1
            return
        found = f"{_said(ours)}, and {_said(theirs)} when counted again"
        proof.differs(COUNTED, kept.delivery.path, found, self._reload(kept.delivery))

    def _unknown(self) -> Iterator[str]:
        held = self._now.held
        yield from sorted({*held.validated, *held.quarantine, *held.loads} - self._now.loaded.keys())

    def _report_unknown(self, proof: Proof, key: str) -> None:
        """The warehouse holds something of a delivery that is not loaded, which is right if it is pending."""
        held = self._now.held
        if key in self._now.waiting:
            proof.count(NOTED).due += 1
            return
        known = self._platform.ledger.worklist.of_keys([key])
        name = known[0].path if known else key
        state = f"is {known[0].state}" if known else "does not exist"
        count = held.validated.get(key, Fingerprint()).rows + held.quarantine.get(key, Fingerprint()).rows
        cure = f"dropzone replay {known[0].table}" if known and known[0].state == "failed" else REBUILD
        proof.differs(NOTED, name, f"{count:,} rows of a delivery that {state} by the ledger", cure)

    @staticmethod
    def _reload(delivery: Delivery) -> str:
        what = f"--select 'group:{delivery.table}' --partition {delivery.file_date}"
        return f"dagster asset materialize {what}, then: dropzone ingest"


def _counts(tally: Tally) -> tuple[int, int, int, int]:
    return tally.rows_read, tally.valid, tally.quarantined, tally.late


def _said(tally: Tally) -> str:
    return "{:,} read, {:,} valid, {:,} quarantined, {:,} late".format(*_counts(tally))
