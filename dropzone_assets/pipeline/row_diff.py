"""Row diff: how the rows that come differ from those they replace, and which of these may stay."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dropzone_assets.contracts import DATA_DATE, DELIVERY, REASONS, RECORD
from dropzone_assets.engine import WAREHOUSE, Connection, quote, rows
from dropzone_assets.ledger import Tally
from dropzone_assets.pipeline.validate import Validation


def keep_valid(validation: Validation, validated: str, keys: Sequence[str]) -> None:
    """Make the table `kept`: rows of these deliveries that were valid and that the contract of now refuses.

    A record is known by its number. Where a file has another number of records than it had, its reading has changed,
    and nothing of it is kept.
    """
    run = validation.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM {validated} LIMIT 0")
    held = f"{DELIVERY} IN (SELECT unnest($1))"
    if not keys or not validation.parts:
        return
    before = f"SELECT {DELIVERY}, {RECORD} FROM {validated} WHERE {held} UNION ALL "
    before += f"SELECT {DELIVERY}, record FROM {WAREHOUSE}.quarantine.{quote(validation.contract.table)} WHERE {held}"
    counts = "SELECT {0}, count(*) AS records FROM ({1}) GROUP BY ALL"
    now = f"SELECT {DELIVERY}, {RECORD} FROM {validation.rows()} WHERE {held}"
    steady = f"{counts.format(DELIVERY, before)} INTERSECT {counts.format(DELIVERY, now)}"
    refused = f"SELECT {DELIVERY}, {RECORD} FROM {validation.rows()} WHERE {held} AND {REASONS} IS NOT NULL"
    run(
        f"INSERT INTO kept SELECT v.* FROM {validated} v SEMI JOIN ({refused}) USING ({DELIVERY}, {RECORD}) "
        f"SEMI JOIN ({steady}) USING ({DELIVERY})",
        [list(keys)],
    )


def differences(validation: Validation, validated: str, tallies: Sequence[Tally]) -> list[Tally]:
    """The tallies with their days, what is kept, and how their rows differ from those in `replaced`.

    Where nothing is replaced, it is the difference that was found when the delivery first came. `changed` counts rows
    whose key is on both sides; without a key, rows are only added and removed.
    """
    connection = validation.connection
    found = _known(connection) | (_compared(validation, validated) if rows(connection, "FROM replaced LIMIT 1") else {})
    kept = _kept(connection)
    judged = []
    for tally in tallies:
        own = Counter(dict(tally.days)) + kept.get(tally.key, Counter())
        stay = kept.get(tally.key, Counter()).total()
        added, removed, changed = found.get(tally.key, (None, None, None))
        counted = replace(tally, valid=tally.valid + stay, quarantined=tally.quarantined - stay, rows_kept=stay)
        difference = replace(counted, rows_added=added, rows_removed=removed, rows_changed=changed)
        judged.append(replace(difference, days=tuple(sorted(own.items()))))
    return judged


def _known(connection: Connection) -> dict[str, tuple[int | None, ...]]:
    """What was found when these deliveries were loaded before."""
    numbers = "rows_added, rows_removed, rows_changed"
    query = f"SELECT delivery, {numbers} FROM {WAREHOUSE}.dropzone.loads SEMI JOIN mine USING (delivery)"
    return {key: tuple(counts) for key, *counts in rows(connection, query)}


def _compared(validation: Validation, validated: str) -> dict[str, tuple[int | None, ...]]:
    contract = validation.contract
    own = ", ".join(f"{quote(n)}{'::VARCHAR' * (k == 'JSON')} AS {quote(n)}" for n, k in contract.stored.items())
    key = ", ".join(quote(name) for name in contract.key)
    stays = f"SELECT 1 FROM kept k WHERE k.{DELIVERY} = v.{DELIVERY} AND k.{RECORD} = v.{RECORD}"
    run = validation.connection.execute
    run(
        f"CREATE OR REPLACE TEMP TABLE before AS SELECT _winner, {own} FROM {validated} v "
        f"JOIN (SELECT winner AS _winner, old AS _old FROM replaced) ON _old = v.{DELIVERY} WHERE NOT EXISTS ({stays})"
    )
    comes = f"{REASONS} IS NULL AND {DELIVERY} IN (SELECT winner FROM replaced)"
    after = (
        f"SELECT {DELIVERY} AS _winner, {own} FROM {validation.rows()} WHERE {comes}"
        if validation.parts
        else "FROM before LIMIT 0"
    )
    run(f"CREATE OR REPLACE TEMP TABLE after AS {after}")
    run("CREATE OR REPLACE TEMP TABLE fewer AS FROM before EXCEPT ALL FROM after")
    run("CREATE OR REPLACE TEMP TABLE more AS FROM after EXCEPT ALL FROM before")
    per_key = f"SELECT _winner, {key}, count(*) AS _n FROM"
    both = (
        f"SELECT _winner AS winner, sum(least(f._n, m._n)) AS n FROM ({per_key} fewer GROUP BY ALL) f "
        f"JOIN ({per_key} more GROUP BY ALL) m USING (_winner, {key}) GROUP BY _winner"
    )
    nobody = "SELECT ''::VARCHAR AS winner, 0 AS n LIMIT 0"
    query = (
        "SELECT w.winner, coalesce(m.n, 0) - coalesce(c.n, 0), coalesce(f.n, 0) - coalesce(c.n, 0), coalesce(c.n, 0) "
        "FROM (SELECT DISTINCT winner FROM replaced) w "
        "LEFT JOIN (SELECT _winner AS winner, count(*) AS n FROM more GROUP BY ALL) m USING (winner) "
        "LEFT JOIN (SELECT _winner AS winner, count(*) AS n FROM fewer GROUP BY ALL) f USING (winner) "
        f"LEFT JOIN ({both if key else nobody}) c USING (winner)"
    )
    return {winner: tuple(int(count) for count in counts) for winner, *counts in rows(validation.connection, query)}


def _kept(connection: Connection) -> dict[str, Counter[date]]:
    found: dict[str, Counter[date]] = {}
    for key, day, count in rows(connection, f"SELECT {DELIVERY}, {DATA_DATE}, count(*) FROM kept GROUP BY ALL"):
        found.setdefault(key, Counter())[day] = count
    return found
