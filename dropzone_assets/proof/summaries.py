"""The summaries against the lake made again: the same question has the same answers, in warehouse and lake."""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

from dropzone_assets import engine
from dropzone_assets.engine import WAREHOUSE, Connection, attached, columns_of, quote, rows
from dropzone_assets.ledger import Hashes
from dropzone_assets.pipeline.summarise import DAY, Summary
from dropzone_assets.platform import Platform
from dropzone_assets.proof.actual import changing
from dropzone_assets.proof.findings import Proof
from dropzone_assets.proof.fingerprint import as_wanted
from dropzone_assets.proof.objects import near
from dropzone_assets.sinks.parquet import object_day, object_path

ANSWERS, OBJECTS = "summary days", "summary objects"

FLOATS = ("FLOAT", "DOUBLE")

CLOSE = 1e-9
"""Sums of floating point numbers depend on their order, by less than this share."""


class Summaries:
    """The comparison of one table's summaries, which are in `answers.connection`, with those that are kept."""

    def __init__(
        self, platform: Platform, answers: Summary, before: Mapping[date, int], spill: Path, where: str = "true"
    ) -> None:
        self._where = where
        self._platform, self._answers, self._before, self._spill = platform, answers, before, spill
        self._connection, self._table = answers.connection, answers.table
        self._columns = columns_of(self._connection, "answers")

    def report(self, proof: Proof, *, lenient: bool = False) -> None:
        """Count the days, and name those that differ.

        Args:
            lenient: the contract has changed, so that another answer is due and not wrong.
        """
        self._hold()
        wrong = differing(self._connection, self._columns, "held")
        objects = self._objects()
        wrong_objects = {day: found for day, found in objects.items() if found}
        wrong_objects |= {
            day: found
            for day, found in differing(self._connection, self._columns, "stored").items()
            if not objects.get(day)
        }
        due = changing(self._platform, self._table, self._before)
        due |= self._platform.ledger.partitions.unsummarised().get(self._table, {}).keys()
        all_days = {*self._days("held"), *self._days("answers")}
        self._report(proof, ANSWERS, all_days, wrong, due, lenient)
        self._report(proof, OBJECTS, {*objects, *self._days("answers")}, wrong_objects, due, lenient)

    def _hold(self) -> None:
        """Copy what the warehouse holds beside the answers."""
        warehouse, table = self._platform.settings.warehouse, f"{WAREHOUSE}.summary.{quote(self._table)}"
        self._connection.execute("CREATE TABLE stored AS FROM answers LIMIT 0")
        if warehouse.exists():
            with attached(self._connection, warehouse, read_only=True):
                if columns_of(self._connection, table):
                    self._connection.execute(f"CREATE TABLE held AS {self._select(table)}")
                    return
        self._connection.execute("CREATE TABLE held AS FROM answers LIMIT 0")

    def _select(self, relation: str) -> str:
        """The rows that are compared, with the columns of the answers."""
        fields = as_wanted(self._connection, relation, self._columns).items()
        own = ", ".join(f"{sql} AS {quote(name)}" for name, sql in fields)
        return f"SELECT {own} FROM {relation} WHERE {self._where}"

    def _objects(self) -> dict[date, str]:
        """Copy the rows of the objects into `stored`; what is wrong with the object of each day, as far as bytes go."""
        table = f"summary/{self._table}"
        noted = self._platform.ledger.partitions.hashes(self._table)
        days = {object_day(table, path) for path in self._platform.lake.paths(table) if path.endswith(".parquet")}
        return {day: self._store(table, day, noted.get(day)) for day in sorted(filter(None, days))}

    def _store(self, table: str, day: date, noted: Hashes | None) -> str:
        with near(self._platform.lake, object_path(table, day), self._spill) as there:
            if there is None:
                return ""
            if noted and noted.summary not in ("", there.content_hash):
                return "its bytes are not those that were written"
            file = engine.literal(str(there.file))
            source = f"read_parquet({file}, hive_partitioning = false)"
            dated = f"(SELECT {engine.literal(day)}::DATE AS {DAY}, * FROM {source})"
            try:
                self._connection.execute(f"INSERT INTO stored BY NAME {self._select(dated)}")
            except engine.Error as error:
                return f"it cannot be read: {str(error).splitlines()[0]}"
        return ""

    def _days(self, relation: str) -> list[date]:
        return [row[0] for row in rows(self._connection, f"SELECT DISTINCT {DAY} FROM {relation}")]

    def _report(
        self,
        proof: Proof,
        what: str,
        days: Collection[date],
        wrong: Mapping[date, str],
        due: Collection[date],
        lenient: bool,
    ) -> None:
        for day in sorted(days):
            if day not in wrong:
                proof.count(what).equal += 1
            elif day in due or lenient:
                proof.count(what).due += 1
            else:
                path = object_path(f"summary/{self._table}", day)
                name = path if what == OBJECTS else f"summary.{self._table} of {day}"
                cure = f"dagster asset materialize --select 'summary/{self._table}' --partition {day}"
                proof.differs(what, name, wrong[day], cure)


def differing(connection: Connection, columns: Mapping[str, str], relation: str) -> dict[date, str]:
    """The days of which `relation` has other rows than `answers`, with a sentence. Order is no difference."""
    names = {name: f"c{n}" for n, name in enumerate(columns) if name != DAY}
    exact = [short for name, short in names.items() if columns[name] not in FLOATS]
    floats = [short for name, short in names.items() if columns[name] in FLOATS]
    order = ", ".join([*exact, *floats]) or "day"
    own = ", ".join([f"{DAY} AS day", *(f"{quote(name)} AS {short}" for name, short in names.items())])
    nth = f"SELECT *, row_number() OVER (PARTITION BY day ORDER BY {order}) AS nth FROM (SELECT {own} FROM"
    unequal = ["a.nth IS NULL", "b.nth IS NULL", *(f"a.{name} IS DISTINCT FROM b.{name}" for name in exact)]
    for name in floats:
        close = f"abs(a.{name} - b.{name}) <= {CLOSE} * greatest(abs(a.{name}), abs(b.{name}))"
        unequal.append(f"(a.{name} IS DISTINCT FROM b.{name} AND NOT coalesce({close}, false))")
    found = rows(
        connection,
        f"SELECT coalesce(a.day, b.day) AS day, count(a.nth), count(b.nth), "
        f"count(*) FILTER ({' OR '.join(unequal)}) AS wrong FROM ({nth} {relation})) a FULL JOIN ({nth} answers)) b "
        "ON a.day = b.day AND a.nth = b.nth GROUP BY ALL HAVING wrong > 0",
    )
    return {day: f"{a:,} rows, and {b:,} when asked again; {wrong:,} differ" for day, a, b, wrong in found}
