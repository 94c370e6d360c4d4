"""Whether what a delivery has brought is in the lake: its own rows, and those of all that came in it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Engine, case, select

from dropzone_assets.ledger.schema import contributions, deliveries, partitions
from dropzone_assets.ledger.statements import chunks


def unpublished(key: ColumnElement[str]) -> ColumnElement[bool]:
    """That some row of the delivery with this key is in the warehouse and not in the lake yet.

    A day to which rows come all the time is due all the time, so what counts is the version that its rows came with.
    """
    its, day = contributions.alias(), partitions.alias()
    since = case((its.c.version > 0, its.c.version), else_=day.c.version)
    same = (day.c.table_name == its.c.table_name, day.c.data_date == its.c.data_date)
    return select(its.c.key).where(its.c.key == key, *same, day.c.published < since).exists()


def holding_unpublished(engine: Engine, keys: Sequence[str]) -> set[str]:
    """Those of these deliveries in which something came, however deep, that is not in the lake yet.

    What is a copy stands for what it is a copy of.
    """
    found: set[str] = set()
    roots = {key: {key} for key in keys}
    seen: dict[str, set[str]] = {}
    while roots:
        below: dict[str, set[str]] = {}
        for key, inside, waits in _inside(engine, list(roots)):
            new = roots[key] - seen.get(inside, set())
            found |= roots[key] if waits else set()
            if new:
                below[inside] = below.get(inside, set()) | new
                seen[inside] = seen.get(inside, set()) | new
        roots = below
    return found


def _inside(engine: Engine, keys: Sequence[str]) -> Iterable[tuple[str, str, bool]]:
    """Key → what came in it, or what it is a copy of, and whether that is unpublished."""
    book, other = deliveries, deliveries.alias()
    for chunk in chunks(keys):
        members = select(book.c.parent, book.c.key, unpublished(book.c.key)).where(book.c.parent.in_(chunk))
        copies = select(other.c.key, other.c.same_as, unpublished(other.c.same_as)).where(
            other.c.key.in_(chunk), other.c.same_as + "" != ""
        )
        with engine.connect() as connection:
            for query in (members, copies):
                for key, inside, waits in connection.execute(query):
                    yield key, inside, bool(waits)
