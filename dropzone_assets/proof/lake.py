"""The lake against the raw zone: every day's object holds the rows that it is made of, and nothing else is there."""

from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import date

from dropzone_assets import engine
from dropzone_assets.contracts import DATA_DATE
from dropzone_assets.pipeline.publish import Partition, in_pieces, publish, snapshot
from dropzone_assets.pipeline.tables import tables
from dropzone_assets.platform import Platform
from dropzone_assets.proof.actual import Moment, changing
from dropzone_assets.proof.findings import Proof
from dropzone_assets.proof.fingerprint import Fingerprint, fingerprints
from dropzone_assets.proof.objects import near
from dropzone_assets.proof.rebuild import Rebuilt, Say
from dropzone_assets.sinks.parquet import object_day, object_path

WHAT, COUNTED = "lake partitions", "partition counts"

ROWS = 2_000_000
"""Valid rows that are published at one time."""


class Lake:
    """The comparison of one table's partitions with those published again into the scratch lake."""

    def __init__(self, platform: Platform, rebuilt: Rebuilt, now: Moment) -> None:
        self._platform, self._rebuilt, self._now = platform, rebuilt, now
        self._contract, self._table = rebuilt.contract, rebuilt.contract.table
        self._fields = {**rebuilt.contract.stored, **rebuilt.contract.lineage}
        self._reader = platform.connect()
        self._noted = platform.ledger.partitions.hashes(self._table)

    def report(self, proof: Proof, say: Say) -> list[date]:
        """Count the partitions, and name those that differ; the days that have rows."""
        days: list[date] = []
        with closing(self._reader):
            for batch in in_pieces(self._days(), ROWS):
                say(f"comparing the lake of {self._table}", 0)
                self._batch(proof, batch)
                days += batch
        self._foreign(proof, {object_path(self._table, day) for day in days})
        return days

    def _batch(self, proof: Proof, days: list[date]) -> None:
        taken = snapshot(self._rebuilt.platform, self._contract, days)
        with closing(taken.connection) as connection:
            publish(self._rebuilt.platform, taken)
            made = fingerprints(connection, taken.rows, DATA_DATE, self._fields)
        found = {day: self._found(day, made.get(day, Fingerprint())) for day in days if day not in self._now.due}
        due = self._due()
        for day in days:
            self._partition(proof, day, found.get(day, ""), day in due)
        self._counts(proof, taken.partitions, due)

    def _due(self) -> set[date]:
        """Days that were due at the beginning, or are now."""
        return self._now.due | changing(self._platform, self._table, self._now.published)

    def _days(self) -> list[tuple[date, int]]:
        warehouse, validated = self._rebuilt.platform.settings.warehouse, tables(self._table)[0]
        query = f"SELECT {DATA_DATE}, count(*) FROM {validated} GROUP BY ALL ORDER BY ALL"
        with closing(self._platform.connect()) as connection, engine.attached(connection, warehouse, read_only=True):
            if not engine.columns_of(connection, validated):  # no file of the table has been loaded yet
                return []
            return [(day, count) for day, count in engine.rows(connection, query)]

    def _partition(self, proof: Proof, day: date, found: str, due: bool) -> None:
        if day in self._now.due or (found and due):
            proof.count(WHAT).due += 1
        elif found:
            proof.differs(WHAT, object_path(self._table, day), found, self._cure(day))
        else:
            proof.count(WHAT).equal += 1

    def _found(self, day: date, made: Fingerprint) -> str:
        """What is wrong with the object of a day, which should hold the rows `made`; empty when nothing is."""
        path, noted = object_path(self._table, day), self._noted.get(day)
        with near(self._platform.lake, path, self._rebuilt.platform.settings.spill) as there:
            if there is None:
                return f"the object is missing, and should have {made.rows:,} rows" if made.rows else ""
            sound = noted is not None and noted.lake == there.content_hash
            flipped = noted is not None and noted.lake and not sound
            bytes_differ = "its bytes are not those that were published; " if flipped else ""
            try:
                held = self._read(str(there.file), sound)
            except engine.Error as error:
                return f"{bytes_differ}it cannot be read: {str(error).splitlines()[0]}"
        if held != made:
            return f"{bytes_differ}its {held.rows:,} rows are not the {made.rows:,} that it is made of"
        return f"{bytes_differ}its rows read the same" if bytes_differ else ""

    def _read(self, file: str, sound: bool) -> Fingerprint:
        """The rows of an object. Bad bytes may leave a connection unusable, so a doubtful object has its own."""
        relation = f"read_parquet({engine.literal(file)}, hive_partitioning = false)"
        with nullcontext(self._reader) if sound else closing(self._platform.connect()) as connection:
            return fingerprints(connection, relation, "1", self._fields).get(1, Fingerprint())

    def _counts(self, proof: Proof, partitions: Sequence[Partition], due: set[date]) -> None:
        """What the ledger says of each day: its valid rows, and those left without duplicates."""
        days = [partition.day for partition in partitions]
        found = self._platform.ledger.partitions.per_date(days)
        mine = {row.data_date: row for row in found if row.table_name == self._table}
        for partition in partitions:
            row = mine.get(partition.day)
            said = (row.valid, row.lake_rows) if row else (0, 0)
            if said == partition[1:]:
                proof.count(COUNTED).equal += 1
            elif partition.day in due:
                proof.count(COUNTED).due += 1
            else:
                sentence = "{:,} valid and {:,} in the lake by the ledger, and {:,} and {:,} when counted again"
                name, counts = str(partition.day), sentence.format(*said, *partition[1:])
                proof.differs(COUNTED, name, counts, self._cure(partition.day))

    def _foreign(self, proof: Proof, wanted: set[str]) -> None:
        """Objects that readers of the lake would find, and that no valid row is in."""
        foreign = [path for path in self._platform.lake.paths(self._table) if path not in wanted]
        due = self._due()
        for path in filter(lambda path: path.endswith(".parquet"), foreign):
            day = object_day(self._table, path)
            if day in due:
                proof.count(WHAT).due += 1
            elif day:
                proof.differs(WHAT, path, "the object is there, and no valid row is of that day", self._cure(day))
            else:
                cure = f"Delete {self._platform.lake.uri(path)}."
                proof.differs(WHAT, path, "the object is no partition, and readers of the lake may see it", cure)

    def _cure(self, day: date) -> str:
        return f"dagster asset materialize --select 'lake/{self._table}' --partition {day}"
