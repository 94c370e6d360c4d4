"""Deliveries as they come into a ledger, and what a ledger says of them."""

import json
from datetime import date, datetime

from dropzone_assets.errors import Refused
from dropzone_assets.files import Delivery, Listed
from dropzone_assets.ledger import Ledger

ARRIVED = datetime(2024, 5, 1, 12)
WHY = Refused("t: a.csv is empty.", "Send it again.")


def listed(path: str, version: str = "1") -> Listed:
    return Listed("s", path, version, 5)


def delivery(path: str, version: str = "1", table: str = "t", day: int = 1) -> Delivery:
    """A delivery for a day of May."""
    return Delivery(listed(path, version).key, "s", path, version, 5, table, datetime(2024, 5, day), ARRIVED)


def record(ledger: Ledger, *paths: str, table: str = "t") -> list[str]:
    """Write deliveries down; their keys."""
    new = [delivery(path, table=table) for path in paths]
    ledger.arrivals.record(new)
    return [each.key for each in new]


def new(ledger: Ledger, *files: Listed) -> set[str]:
    """Paths of the files the ledger has never seen."""
    kinds = ledger.arrivals.unusual(json.dumps([file.key for file in files]))
    return {file.path for file in files if kinds.get(file.key) == "new"}


def states(ledger: Ledger) -> dict[str, str]:
    """Path → state of every delivery."""
    return {row.path: row.state for row in ledger.queries.everything()}


def days(*numbers: int) -> list[date]:
    return [date(2024, 5, number) for number in numbers]
