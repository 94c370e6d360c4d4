"""Row diff: how the rows that come differ from those they replace, and which of these may stay."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from dropzone_assets.contracts import DATA_DATE, DELIVERY, REASONS, RECORD
from dropzone_assets.engine import Connection, literals, quote, rows
from dropzone_assets.ledger import Tally
from dropzone_assets.pipeline.staging import Staging
from dropzone_assets.pipeline.tables import LOADS, Tables
from dropzone_assets.pipeline.validate import Validation


class Exchange(NamedTuple):
    """The deliveries of a load, as three relations.

    `coming`: those whose rows come, with what is noted of them. `replaced`: `winner` (that comes) and `old` (that the
    warehouse holds in its place, or the same one). `going`: all whose rows go first.
    """

    coming: str
    replaced: str
    going: str


def keep_valid(staging: Staging, validation: Validation, into: Tables, keys: Sequence[str]) -> str:
    """The rows of these deliveries that were valid and that the contract of now refuses; they may stay.

    A record is known by its number. Where a file has another number of records than it had, its reading has changed,
    and nothing of it is kept.

    Returns:
        A relation with the columns of the validated rows.
    """
    if not keys or not validation.parts:
        return staging.table("kept", f"FROM {into.validated} LIMIT 0")
    held = f"{DELIVERY} IN (SELECT unnest({literals(keys)}))"
    before = f"SELECT {DELIVERY}, {RECORD} FROM {into.validated} WHERE {held} UNION ALL "
    before += f"SELECT {DELIVERY}, record FROM {into.quarantine} WHERE {held}"
    counts = "SELECT {0}, count(*) AS records FROM ({1}) GROUP BY ALL"
    now = f"SELECT {DELIVERY}, {RECORD} FROM {validation.rows()} WHERE {held}"
    steady = f"{counts.format(DELIVERY, before)} INTERSECT {counts.format(DELIVERY, now)}"
    refused = f"SELECT {DELIVERY}, {RECORD} FROM {validation.rows()} WHERE {held} AND {REASONS} IS NOT NULL"
    return staging.table(
        "kept",
        f"SELECT v.* FROM {into.validated} v SEMI JOIN ({refused}) USING ({DELIVERY}, {RECORD}) "
        f"SEMI JOIN ({steady}) USING ({DELIVERY})",
    )


def differences(staging: Staging, validation: Validation, into: Tables, exchange: Exchange, kept: str) -> list[Tally]:
    """The tallies with their days, what is kept, and how their rows differ from those they replace.

    Where nothing is replaced, it is the difference that was found when the delivery first came. `changed` counts rows
    whose key is on both sides; without a key, rows are only added and removed.
    """
    connection = staging.connection
    found = _known(connection, exchange.coming)
    if rows(connection, f"FROM {exchange.replaced} LIMIT 1"):
        found |= _compared(staging, validation, into.validated, exchange.replaced, kept)
    staying = _staying(connection, kept)
    differing = []
    for tally in validation.tallies:
        own = Counter(dict(tally.days)) + staying.get(tally.key, Counter())
        stay = staying.get(tally.key, Counter()).total()
        added, removed, changed = found.get(tally.key, (None, None, None))
        counted = replace(tally, valid=tally.valid + stay, quarantined=tally.quarantined - stay, rows_kept=stay)
        difference = replace(counted, rows_added=added, rows_removed=removed, rows_changed=changed)
        differing.append(replace(difference, days=tuple(sorted(own.items()))))
    return differing


def _known(connection: Connection, coming: str) -> dict[str, tuple[int | None, ...]]:
    """What was found when these deliveries were loaded before."""
    numbers = "rows_added, rows_removed, rows_changed"
    query = f"SELECT delivery, {numbers} FROM {LOADS} SEMI JOIN {coming} USING (delivery)"
    return {key: tuple(counts) for key, *counts in rows(connection, query)}


def _compared(
    staging: Staging, validation: Validation, validated: str, replaced: str, kept: str
) -> dict[str, tuple[int | None, ...]]:
    contract = validation.contract
    own = ", ".join(f"{quote(n)}{'::VARCHAR' * (k == 'JSON')} AS {quote(n)}" for n, k in contract.stored.items())
    key = ", ".join(quote(name) for name in contract.key)
    stays = f"SELECT 1 FROM {kept} k WHERE k.{DELIVERY} = v.{DELIVERY} AND k.{RECORD} = v.{RECORD}"
    before = staging.table(
        "before",
        f"SELECT _winner, {own} FROM {validated} v "
        f"JOIN (SELECT winner AS _winner, old AS _old FROM {replaced}) ON _old = v.{DELIVERY} "
        f"WHERE NOT EXISTS ({stays})",
    )
    comes = f"{REASONS} IS NULL AND {DELIVERY} IN (SELECT winner FROM {replaced})"
    those = (
        f"SELECT {DELIVERY} AS _winner, {own} FROM {validation.rows()} WHERE {comes}"
        if validation.parts
        else f"FROM {before} LIMIT 0"
    )
    after = staging.table("after", those)
    fewer = staging.table("fewer", f"FROM {before} EXCEPT ALL FROM {after}")
    more = staging.table("more", f"FROM {after} EXCEPT ALL FROM {before}")
    per_key = f"SELECT _winner, {key}, count(*) AS _n FROM"
    both = (
        f"SELECT _winner AS winner, sum(least(f._n, m._n)) AS n FROM ({per_key} {fewer} GROUP BY ALL) f "
        f"JOIN ({per_key} {more} GROUP BY ALL) m USING (_winner, {key}) GROUP BY _winner"
    )
    nobody = "SELECT ''::VARCHAR AS winner, 0 AS n LIMIT 0"
    query = (
        "SELECT w.winner, coalesce(m.n, 0) - coalesce(c.n, 0), coalesce(f.n, 0) - coalesce(c.n, 0), coalesce(c.n, 0) "
        f"FROM (SELECT DISTINCT winner FROM {replaced}) w "
        f"LEFT JOIN (SELECT _winner AS winner, count(*) AS n FROM {more} GROUP BY ALL) m USING (winner) "
        f"LEFT JOIN (SELECT _winner AS winner, count(*) AS n FROM {fewer} GROUP BY ALL) f USING (winner) "
        f"LEFT JOIN ({both if key else nobody}) c USING (winner)"
    )
    return {winner: tuple(int(count) for count in counts) for winner, *counts in rows(staging.connection, query)}


def _staying(connection: Connection, kept: str) -> dict[str, Counter[date]]:
    found: dict[str, Counter[date]] = {}
    for key, day, count in rows(connection, f"SELECT {DELIVERY}, {DATA_DATE}, count(*) FROM {kept} GROUP BY ALL"):
        found.setdefault(key, Counter())[day] = count
    return found
