"""Missing at source: files that counted and are no longer at their source, where its entry wants that to be known."""

from time import monotonic

from dropzone_assets import engine
from dropzone_assets.errors import DropzoneError
from dropzone_assets.files import Delivery
from dropzone_assets.pipeline.list_source import wanted
from dropzone_assets.platform import Platform

PATIENCE = 15.0
"""Seconds spent asking a source for files that it did not list; the next look goes on."""

WHY = "It is gone from its source."

PATHS = "listed_paths"


class Absence:
    """The paths of one look, gathered page by page, and at its end what is not among them."""

    def __init__(self, platform: Platform, name: str, connection: engine.Connection) -> None:
        self._platform = platform
        self._config = platform.configs[name]
        self._connection = connection
        self._listing = ""
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {PATHS} (path VARCHAR)")

    def saw(self, page: str) -> None:
        """A page of the listing."""
        if self._config.gone != "keep":
            self._connection.execute(f"INSERT INTO {PATHS} SELECT path FROM {page}")

    @property
    def listing(self) -> str:
        """What all paths of a look come to, once nothing is left to ask about; empty before."""
        return self._listing

    def mark(self) -> set[str]:
        """Mark what is gone, and take it back where the entry says so; the keys.

        Each file is asked for by its name first. A source that lists nothing at all is not believed: what it had is
        marked, and nothing of it is taken back. While the same paths are listed, nobody is asked anything.
        """
        if self._config.gone == "keep":
            return set()
        count, listing = engine.rows(
            self._connection,
            f"SELECT count(*), {engine.literal(self._config.gone)} || count(*) || '-' || "
            f"coalesce(bit_xor(hash(path)), 0) FROM {PATHS}",
        )[0]
        last = self._platform.ledger.listings.last().get(self._config.name)
        if last and last.listing == listing:
            self._listing = listing
            return set()
        gone, complete = self._gone(marked=self._config.gone == "retract" and count > 0)
        self._platform.ledger.absences.gone([delivery.key for delivery in gone])
        if self._config.gone == "retract" and count > 0:
            self._platform.ledger.retractions.retract([delivery.key for delivery in gone], WHY)
        self._listing = listing if complete else ""
        return {delivery.key for delivery in gone}

    def _gone(self, *, marked: bool) -> tuple[list[Delivery], bool]:
        """Files that are not listed, and not there when asked for by name; whether all of them were asked for."""
        found, deadline = list[Delivery](), monotonic() + PATIENCE
        source = self._platform.sources[self._config.name]
        for delivery in self._unlisted(marked):
            try:
                if monotonic() > deadline:
                    return found, False
                if source.version(delivery.path) == "":
                    found.append(delivery)
            except (DropzoneError, OSError):  # nobody knows: it may be there
                return found, False
        return found, True

    def _unlisted(self, marked: bool) -> list[Delivery]:
        """Deliveries whose paths the look did not have, though its entry asks for such paths."""
        paths = engine.rows(self._connection, f"SELECT coalesce(to_json(list(path))::VARCHAR, '[]') FROM {PATHS}")
        missing = self._platform.ledger.absences.missing(self._config.name, paths[0][0], marked=marked)
        if not missing:
            return []
        asked = f"SELECT DISTINCT path FROM (SELECT unnest($1) AS path) WHERE {wanted(self._config)}"
        ours = {row[0] for row in engine.rows(self._connection, asked, [[each.path for each in missing]])}
        return [delivery for delivery in missing if delivery.path in ours]
