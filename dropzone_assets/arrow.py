"""Arrow made of Python's values, without pandas: where pyarrow takes such values itself, it imports pandas first."""

from collections.abc import Sequence

import pyarrow as pa
from arro3.core import Array


def column(values: Sequence[object], kind: pa.DataType | None = None) -> pa.Array:
    """Values of one kind, or texts, as a column."""
    return pa.array(Array(values, kind or pa.string()))


def constant(value: str | int | bool, kind: pa.DataType | None = None) -> pa.Scalar:
    """A value of a kind, or a text, for the functions of pyarrow."""
    return column([value], kind)[0]
