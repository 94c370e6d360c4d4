"""Generations: ledger and warehouse know each other's, so that nothing is built on one that is lost or an older copy.

The ledger is told before a commit which generation comes, and after it that it has come. So a process that dies at any
moment leaves a warehouse that holds one of the two, and every other state is that of a file that was lost or put back.
"""

import json
from contextlib import closing
from datetime import datetime
from os import stat_result

from dropzone_assets.engine import BOOK, WAREHOUSE, Connection, attached, conform, facts, transaction
from dropzone_assets.errors import HomeBroken, WarehouseBusy
from dropzone_assets.generation import FORMAT, Generation, demand_known
from dropzone_assets.ledger import now
from dropzone_assets.pipeline.lacking import lacking, sentence
from dropzone_assets.platform import Platform

LAKE, MARK, LONGEST = "lake", ".dropzone.json", 1 << 12
"""The name of the lake in the ledger, the object in the lake that says its generation, and how many bytes that has."""

PATIENCE = 5.0
"""Seconds to wait for a look into the warehouse. Who holds it for longer looks for himself."""

_sound: dict[str, tuple[object, ...]] = {}
"""Warehouse → what it and the ledger were when they agreed last, so that asking again costs nothing."""


def held(connection: Connection) -> Generation | None:
    """The generation of the attached warehouse; None where it has none."""
    return Generation.read(facts(connection).get("generation"))


def moment(connection: Connection) -> datetime | None:
    """When (UTC) the last commit into the attached warehouse was made; None where that is not said."""
    said = facts(connection).get("at")
    return datetime.fromisoformat(said) if said else None


def owner(connection: Connection) -> str:
    """The id of the home whose warehouse is attached; empty where that is not said."""
    return facts(connection).get("id", "")


def check(platform: Platform, connection: Connection) -> Generation | None:
    """The generation of the attached warehouse, once ledger and warehouse are known to belong together.

    Raises:
        StoreLost: one of them is lost, or an older copy.
    """
    found = held(connection)
    heard = platform.ledger.home.heard(WAREHOUSE)
    side = heard.behind(found)
    if not heard.number and found is None:  # of a time when nobody counted: what is loaded must agree
        side = lacking(platform, connection).side
    if side:
        raise sentence(platform, side, lacking(platform, connection))
    return found


def check_there(platform: Platform) -> bool:
    """Whether there is a warehouse; where there was one, there must be.

    Raises:
        StoreLost: it is gone.
    """
    if platform.settings.warehouse.exists():
        return True
    if platform.ledger.home.heard(WAREHOUSE).number or platform.ledger.queries.any_loaded():
        raise sentence(platform, "store", lacking(platform, None))
    return False


def begin(platform: Platform, connection: Connection) -> Generation:
    """The generation that a commit into the attached warehouse makes; the ledger knows that it is to come.

    Raises:
        StoreLost: ledger and warehouse do not belong together.
    """
    found = check(platform, connection)
    coming = platform.ledger.home.heard(WAREHOUSE).next(found)
    platform.ledger.home.announce(WAREHOUSE, found, coming)
    return coming


def write(platform: Platform, connection: Connection, coming: Generation) -> None:
    """Write the generation into the attached warehouse, in the transaction that makes it."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE}.dropzone")
    conform(connection, BOOK, {"name": "VARCHAR", "value": "VARCHAR"})
    said = {"id": platform.ledger.home.id, "format": str(FORMAT), "generation": str(coming), "at": str(now())}
    connection.execute(f"DELETE FROM {BOOK}")
    connection.execute(f"INSERT INTO {BOOK} SELECT unnest($1), unnest($2)", [list(said), list(said.values())])


def first(platform: Platform, connection: Connection) -> None:
    """Give the attached warehouse, which has none, a generation that the ledger knows."""
    coming = platform.ledger.home.heard(WAREHOUSE).next(None)
    platform.ledger.home.announce(WAREHOUSE, None, coming)
    with transaction(connection):
        write(platform, connection, coming)
    platform.ledger.home.hear(WAREHOUSE, coming)


def held_by_lake(platform: Platform) -> Generation | None:
    """The generation that the lake says it has; None where it says nothing.

    Raises:
        StoreUnavailable: it does not answer.
        NewerHome: a newer version of this program wrote it.
    """
    try:
        said = json.loads(platform.lake.head(MARK, LONGEST))
        demand_known(said["format"], f"the lake {platform.lake.url}")
        return Generation.read(said["generation"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def begin_lake(platform: Platform) -> Generation | None:
    """The generation that a publication makes; None where the lake is not the one that the ledger knows.

    A ledger that knows of no lake takes over the one that is there.
    """
    found, heard = held_by_lake(platform), platform.ledger.home.heard(LAKE)
    if heard.number and heard.behind(found):
        return None
    coming = heard.next(found)
    platform.ledger.home.announce(LAKE, found, coming)
    return coming


def write_lake(platform: Platform, coming: Generation) -> None:
    """Write the generation into the lake, and tell the ledger."""
    said = {"home": platform.ledger.home.id, "format": str(FORMAT), "generation": str(coming)}
    platform.settings.spill.mkdir(parents=True, exist_ok=True)
    file = platform.settings.spill / f"mark-{coming.token}.json"
    file.write_text(json.dumps(said), encoding="utf-8")
    platform.lake.adopt(file, MARK)
    platform.ledger.home.hear(LAKE, coming)


def stopped(platform: Platform) -> HomeBroken | None:
    """Why nothing may be loaded or published now; None when ledger and warehouse belong together."""
    warehouse = platform.settings.warehouse
    try:
        if not check_there(platform):
            return None
        seen = (_face(warehouse.stat()), platform.ledger.home.all())
        if _sound.get(str(warehouse)) == seen:
            return None
        with (
            closing(platform.connect()) as connection,
            attached(connection, warehouse, read_only=True, patience=PATIENCE),
        ):
            check(platform, connection)
        _sound[str(warehouse)] = seen
    except HomeBroken as error:
        return error
    except WarehouseBusy:
        return None
    return None


def _face(found: stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
