"""Recovery: what a lost ledger knew is written down again, as far as the warehouse holds it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine, delete, insert

from dropzone_assets.files import Delivery
from dropzone_assets.ledger.book import row_of
from dropzone_assets.ledger.deliveries import COUNTS, Tally
from dropzone_assets.ledger.journal import notes
from dropzone_assets.ledger.schema import contributions, now
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import LOADED
from dropzone_assets.ledger.writing import writing

SAID = "Written down again from the warehouse: the ledger had lost it."


class Recovered(NamedTuple):
    """A loaded delivery as the warehouse notes it, with its counts and the contract that validated it."""

    delivery: Delivery
    tally: Tally
    contract: str


class Recovery:
    """Deliveries that are loaded by the warehouse, in place of what the ledger says of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put_back(self, found: Sequence[Recovered]) -> None:
        """These deliveries are loaded, whatever they were."""
        with writing(self._engine) as connection:
            for chunk in chunks(found):
                keys = [each.delivery.key for each in chunk]
                connection.execute(delete(book).where(book.c.key.in_(keys)))
                connection.execute(delete(contributions).where(contributions.c.key.in_(keys)))
                connection.execute(insert(book), [_values(each) for each in chunk])
                days = [
                    {"key": t.key, "table_name": d.table, "data_date": day, "valid": count}
                    for d, t, _ in chunk
                    for day, count in t.days
                ]
                if days:
                    connection.execute(insert(contributions), days)
            notes(connection, "recovered", [(each.delivery.key, SAID) for each in found])


def _values(each: Recovered) -> dict[str, object]:
    at = now()
    loaded = {"state": LOADED, "fetched_at": at, "loaded_at": at, "contract_version": each.contract}
    return row_of(each.delivery) | loaded | {name: getattr(each.tally, name) for name in COUNTS}
