"""One text read as a value of a type, in a database of its own."""

from functools import cache
from typing import Any

from dropzone_assets import engine
from dropzone_assets.contracts.types import cast, duckdb_type

connect = cache(engine.connect)


def read(text: str, logical: str, physical: str = "", **options: Any) -> Any:
    """The value of a text, None where it is none."""
    kind = duckdb_type(logical, physical or None)
    value = cast(logical, kind, options).format(text="_t")
    ((found,),) = engine.rows(connect(), f"SELECT ({value})::{kind} FROM (SELECT $1::VARCHAR AS _t)", [text])
    return found
