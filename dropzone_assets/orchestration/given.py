"""What an asset of one's own is given of a layer: a pandas frame, an Arrow table or a DuckDB relation, as it asks."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa

from dropzone_assets.engine import Connection, Relation
from dropzone_assets.inspect.layers import FOUND, rows_of_layer
from dropzone_assets.orchestration.runs import explained
from dropzone_assets.platform import Platform

MADE: dict[Any, Callable[[Connection], object]] = {
    pd.DataFrame: lambda connection: connection.table(FOUND).df(),
    pa.Table: lambda connection: connection.table(FOUND).to_arrow_table(),
    Relation: lambda connection: connection.table(FOUND),
}
"""The annotation of an input → how it is made. Without one it is a pandas frame."""


def given(context: dg.InputContext, platform: Platform, days: Sequence[date]) -> object:
    """The rows of the asked partitions of a layer, as the input's annotation wants them.

    A relation lives on a connection of its own and holds a copy: neither warehouse nor lake waits for it.

    Raises:
        dagster.Failure: nothing of that type can be made, or the warehouse stays locked.
    """
    wanted: Any = context.dagster_type.typing_type
    make = MADE[pd.DataFrame] if wanted is Any else MADE.get(wanted)
    if make is None:
        names = ", ".join(f"{each.__module__}.{each.__name__}" for each in MADE)
        key = context.asset_key.to_user_string()
        raise dg.Failure(f"{key} cannot be given as {wanted}. Annotate the input with one of: {names}.")
    layer, table = context.asset_key.path[-2:]
    with explained(""):
        return make(rows_of_layer(platform, table, layer, days))
