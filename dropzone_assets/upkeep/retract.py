"""Retract: one file is found by what people call it, with all that a retraction of it would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dropzone_assets import engine
from dropzone_assets.errors import Permanent
from dropzone_assets.files import FILES
from dropzone_assets.ledger import GONE, LEFT, LOADED, RETRACTED, RETRACTING, SIDECAR, SUPERSEDED, DeliveryRow
from dropzone_assets.platform import Platform

BY_HAND = "A person took it back."

NEAR = 3
"""Names that are shown where none fits."""


@dataclass(frozen=True)
class Retraction:
    """A file that is taken back or let in: its deliveries by `keys`, and `files`, how many there are with members.

    `away`: whether any of it is taken back now. `rows`: table and data date → valid rows. `copies`: linked files
    elsewhere, which take its place. `stays`: files whose rows stay, for they brought the same bytes first. `asleep`:
    tables that have no contract now, so that no run works on them.
    """

    source: str
    path: str
    keys: Sequence[str]
    files: int
    away: bool
    rows: Mapping[tuple[str, date], int]
    copies: Sequence[str]
    stays: Sequence[str]
    asleep: Sequence[str]


def retraction(platform: Platform, file: str, source: str = "", *, undo: bool = False) -> Retraction:
    """What `file` is: a path as it is listed, or a name; and what would change with it.

    Raises:
        Permanent: there is no such file, there are several, or nothing of it can be taken back (or let in).
    """
    found = [row for row in platform.ledger.queries.named(file) if source in ("", row.source)]
    locations = sorted({(row.source, row.path) for row in found})
    if not locations:
        raise Permanent(f"No file {file!r} was ever listed{f' at {source}' if source else ''}.", _near(platform, file))
    if len(locations) > 1:
        listed = ", ".join(f"{path} at {name}" for name, path in locations[:20])
        cure = "Name one by its whole path, and by --source where that is the same."
        raise Permanent(f"{len(locations)} files are called {file}: {listed}.", cure)
    mine = [row for row in found if _fits(row, undo)]
    if not mine:
        raise _nothing(found[-1], undo)
    return _retraction(platform, mine, undo)


def apply(platform: Platform, what: Retraction, *, undo: bool = False) -> None:
    """Take it back, or let it in; the runs of an ingest do the rest.

    A file that a person took back stays away, though it be gone and come again. One that a person lets in may be gone.
    """
    inside = platform.ledger.retractions.within(what.keys)
    gone = [row.key for row in inside if row.leaving == GONE]
    platform.ledger.retirement.mark(gone, LEFT)
    if undo:
        platform.ledger.retractions.let_in(what.keys)
    else:
        platform.ledger.retractions.retract(what.keys, BY_HAND)


def _fits(row: DeliveryRow, undo: bool) -> bool:
    away = row.state in (RETRACTING, RETRACTED)
    return (away or row.leaving == GONE) if undo else not away and row.state not in (SIDECAR, SUPERSEDED)


def _retraction(platform: Platform, mine: Sequence[DeliveryRow], undo: bool) -> Retraction:
    ledger, keys = platform.ledger, [row.key for row in mine]
    inside = [row for row in ledger.retractions.within(keys) if _fits(row, undo)]
    every = [row.key for row in inside]
    originals = {row.same_as for row in inside} - {"", *every}
    tables = {row.table_name for row in inside} - {"", FILES, *platform.contracts.tables}
    return Retraction(
        mine[0].source,
        mine[0].path,
        keys,
        len({row.path for row in inside}),
        any(row.state in (RETRACTING, RETRACTED) for row in inside),
        ledger.queries.on_days([row.key for row in inside if row.state == LOADED]),
        sorted({row.path for row in ledger.queries.copies(every)}),
        sorted({delivery.path for delivery in ledger.worklist.of_keys(sorted(originals))}),
        sorted(tables),
    )


def _nothing(row: DeliveryRow, undo: bool) -> Permanent:
    if undo:
        return Permanent(f"{row.path} was not taken back: it is {row.state}.", "See: dropzone status --files.")
    if row.state == SIDECAR:
        return Permanent(f"{row.path} says what another file must be; it has no rows.", "Take back that file.")
    return Permanent(f"{row.path} does not count: it is {row.state}.", "See: dropzone status --files.")


def _near(platform: Platform, file: str) -> str:
    """The names most like it, in a sentence."""
    paths = platform.ledger.queries.paths()
    last = "regexp_extract(path, '[^/]*$')"
    likeness = f"greatest(jaro_winkler_similarity({last}, $2), jaro_winkler_similarity(path, $2))"
    query = (
        f"SELECT path FROM (SELECT unnest($1) AS path) WHERE {likeness} > 0.8 "
        f"ORDER BY {likeness} DESC, path LIMIT {NEAR}"
    )
    with engine.connect() as connection:
        near = [row[0] for row in engine.rows(connection, query, [paths, file])] if paths else []
    return f"Is it {' or '.join(near)}?" if near else "See: dropzone status --files."
