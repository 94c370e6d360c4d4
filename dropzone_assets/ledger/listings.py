"""The third book: looks at the sources, and files seen there that are not taken yet."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, delete, insert, select

from dropzone_assets.ledger.rows import ListingRow
from dropzone_assets.ledger.schema import looks, sightings
from dropzone_assets.ledger.statements import chunks
from dropzone_assets.ledger.writing import writing


class Listings:
    """What was seen where, and when first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, source: str, at: datetime, seen: int, problem: str = "", listing: str = "") -> None:
        """A look at a source is over; `seen` files, or the `problem` that ended it; `listing`: a sum of their paths."""
        values = {"source": source, "looked_at": at, "seen": seen, "problem": problem, "listing": listing}
        with writing(self._engine) as connection:
            connection.execute(delete(looks).where(looks.c.source == source))
            connection.execute(insert(looks).values(**values))

    def last(self) -> dict[str, ListingRow]:
        """Source → its last look: looked_at, seen, problem, listing."""
        with self._engine.connect() as connection:
            return {row.source: ListingRow(*row) for row in connection.execute(select(looks))}

    def unchanged_since(self, source: str, files: Mapping[str, str], now: datetime) -> Mapping[str, datetime]:
        """Key → when it was first seen; those never seen before are from now on. What is not asked for is forgotten.

        So is what was seen by a clock that has been set back since.

        Args:
            files: key → path.
        """
        with writing(self._engine) as connection:
            query = select(sightings.c.key, sightings.c.first_seen).where(sightings.c.source == source)
            seen = {row.key: row.first_seen for row in connection.execute(query)}
            known = {key: first for key, first in seen.items() if key in files and first <= now}
            for gone in chunks(sorted(seen.keys() - known.keys())):
                connection.execute(delete(sightings).where(sightings.c.key.in_(gone)))
            facts = {"source": source, "first_seen": now}
            fresh = [{"key": key, "path": path, **facts} for key, path in files.items() if key not in known]
            if fresh:
                connection.execute(insert(sightings), fresh)
        return {key: known.get(key, now) for key in files}
