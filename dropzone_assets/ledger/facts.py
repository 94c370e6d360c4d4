"""Facts of the whole home: who it is, the format it is written in, and the generations of its stores."""

from collections.abc import Mapping
from uuid import uuid4

from sqlalchemy import Connection, Engine, inspect, select

from dropzone_assets.generation import FORMAT, Generation, Heard, demand_known
from dropzone_assets.ledger.schema import home as book
from dropzone_assets.ledger.statements import upsert
from dropzone_assets.ledger.writing import writing

ID, WRITTEN_AS = "id", "format"


class Facts:
    """The fifth book of the ledger: a few names and what they stand for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, str]:
        """Name → value."""
        with self._engine.connect() as connection:
            return {row.name: row.value for row in connection.execute(select(book))}

    @property
    def id(self) -> str:
        """The name of this home, which no other has."""
        return self.all()[ID]

    def heard(self, store: str) -> Heard:
        """The generations of a store that the ledger knows."""
        found = self.all()
        return Heard(*(Generation.read(found.get(f"{store} {which}")) for which in ("last", "coming")))

    def announce(self, store: str, held: Generation | None, coming: Generation) -> None:
        """The store holds this generation, and the next commit makes it that one."""
        self._write({f"{store} last": str(held or ""), f"{store} coming": str(coming)})

    def hear(self, store: str, held: Generation) -> None:
        """The store holds this generation."""
        self._write({f"{store} last": str(held), f"{store} coming": str(held)})

    def sign(self) -> None:
        """Write down who this home is, and the format it is written in, where that is not said or older."""
        found = self.all()
        if int(found.get(WRITTEN_AS, 0)) < FORMAT:
            self._write({ID: found.get(ID, uuid4().hex), WRITTEN_AS: str(FORMAT)})

    def _write(self, facts: Mapping[str, str]) -> None:
        insert = upsert(self._engine, book)
        newest = insert.on_conflict_do_update(index_elements=[book.c.name], set_={"value": insert.excluded.value})
        with writing(self._engine) as connection:
            connection.execute(newest, [{"name": name, "value": value} for name, value in facts.items()])


def check_format(engine: Engine) -> None:
    """Look whether a ledger may be opened, before anything in it is changed.

    Raises:
        NewerHome: a newer version of this program wrote it.
    """
    with engine.connect() as connection:
        demand_known(_format(connection), engine.url.render_as_string())


def _format(connection: Connection) -> str | None:
    if not inspect(connection).has_table(book.name):
        return None
    return connection.scalar(select(book.c.value).where(book.c.name == WRITTEN_AS))
