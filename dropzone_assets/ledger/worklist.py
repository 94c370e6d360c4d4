"""The deliveries that a step works on, or has to know of while it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from dropzone_assets.files import Delivery
from dropzone_assets.ledger.book import Book, delivery_of, oldest_first
from dropzone_assets.ledger.deliveries import Tally
from dropzone_assets.ledger.rows import DeliveryRow
from dropzone_assets.ledger.schema import deliveries as book
from dropzone_assets.ledger.schema import its_source, its_state, its_table
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.states import CURRENT, FETCHED, KEPT, LINKED, LOADED, NOT_COUNTING, PENDING


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery whose bytes are in the raw zone, and what loading it came to, last `loaded_at` (UTC)."""

    delivery: Delivery
    tally: Tally
    loaded_at: datetime | None


class Worklist(Book):
    """Deliveries by batch, key, date, content and place."""

    def of_batch(self, batch: str) -> list[Delivery]:
        """The deliveries a batch claimed and nothing has set aside, oldest file first."""
        return self._find(book.c.batch == batch, its_state.in_((*PENDING, LOADED, LINKED)))

    def of_keys(self, keys: Sequence[str]) -> list[Delivery]:
        """These deliveries, whatever their state."""
        return [delivery for chunk in chunks(keys) for delivery in self._find(book.c.key.in_(chunk))]

    def kept(self, table: str) -> list[Kept]:
        """The deliveries of `table` whose bytes are in the raw zone, oldest file first."""
        query = select(book).where(book.c.table_name == table, book.c.state.in_(KEPT), book.c.content_hash != "")
        return [
            Kept(delivery_of(r), Tally(r.key, r.rows_read, r.valid, r.quarantined, r.late), r.loaded_at)
            for r in self._rows(DeliveryRow, oldest_first(query))
        ]

    def waiting(self, table: str) -> list[Delivery]:
        """The deliveries of `table` that are still to be loaded, or to be taken back, claimed or not."""
        return self._find(its_table == table, book.c.state.in_(PENDING))

    def of_dates(self, table: str, dates: Sequence[date]) -> list[Delivery]:
        """The deliveries that make up these file dates today, oldest file first."""
        if not dates:
            return []
        wanted = set(dates)
        found = self._find(
            book.c.table_name == table,
            its_state.in_(CURRENT),
            book.c.file_date.between(min(dates), max(dates)),
        )
        return [delivery for delivery in found if delivery.file_date in wanted]

    def holders(self, hashes: Sequence[str]) -> list[Delivery]:
        """Fetched or loaded deliveries with one of these contents, oldest file first."""
        found = []
        for chunk in chunks(hashes):
            found += self._find(book.c.content_hash.in_(chunk), its_state.in_((FETCHED, LOADED)))
        return found

    def siblings(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Every other version of the same files that may count, or has failed to."""
        mine = {delivery.key for delivery in deliveries}
        locations = {delivery.location for delivery in deliveries}
        found = []
        for source in sorted({source for source, _, _ in locations}):
            for chunk in chunks(sorted({path for name, path, _ in locations if name == source})):
                here = (book.c.path.in_(chunk), its_source == source)
                found += self._find(*here, its_state.not_in(NOT_COUNTING))
        return [d for d in found if d.key not in mine and d.location in locations]
