"""One text read as a value of a type, in a database of its own."""

from functools import cache
from typing import Any

from dropzone_assets import engine
from dropzone_assets.contracts.extension import ColumnBlock
from dropzone_assets.contracts.moments import Written, doubts
from dropzone_assets.contracts.types import cast, duckdb_type

connect = cache(engine.connect)


def read(text: str, logical: str, physical: str = "", **options: Any) -> Any:
    """The value of a text, None where it is none."""
    kind = duckdb_type(logical, physical or None)
    return _asked(f"({cast(logical, kind, _written(logical, options))})::{kind}", text)


def doubted(text: str, logical: str, **options: Any) -> Any:
    """Why a text without a value has none; None where it is not of the type."""
    return _asked(doubts(logical, _written(logical, options)).why, text)


def _written(logical: str, options: dict[str, Any]) -> Written:
    own = {word: options.pop(word) for word in ("formats", "locale", "dst") if word in options}
    return Written.of(logical, options, ColumnBlock(**own))


def _asked(template: str, text: str) -> Any:
    asked = template.format(text="_t", half="NULL")
    ((found,),) = engine.rows(connect(), f"SELECT {asked} FROM (SELECT $1::VARCHAR AS _t)", [text])
    return found
