"""How the typed values of a Parquet file become text: to the digit, and as JSON that can be parsed where they nest."""

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from dropzone_assets import engine
from dropzone_assets.engine import literal, quote

TYPED = "typed_"
"""The start of the names of columns that say whether a value is a number, and no text that is written like one."""

NONE = "CASE WHEN isnan({v}) THEN 'NaN' WHEN {v} > 0 THEN 'Infinity' ELSE '-Infinity' END"
"""What JSON has no number for, as a text."""


def text_of(kind: pa.DataType, value: str) -> str:
    """SQL: bytes as UTF-8 or escapes, a moment at midnight without a zone as a date (as in Excel)."""
    if pa.types.is_nested(kind):
        return f"to_json({_parseable(kind, value)})::VARCHAR"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return f"coalesce(try(decode({value})), {value}::VARCHAR)"
    if pa.types.is_timestamp(kind) and kind.tz is None:
        midnight = f"{value}::DATE::TIMESTAMP = {value}"
        return f"CASE WHEN {midnight} THEN {value}::DATE::VARCHAR ELSE {value}::VARCHAR END"
    return f"{value}::VARCHAR"


def is_number(kind: pa.DataType) -> bool:
    """Whether the values of a type are numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def with_all_digits(source: Path, target: Path) -> Path:
    """A copy of a file with its decimals of more than 38 digits as text: DuckDB would make doubles of them.

    Raises:
        engine.Error: the file cannot be read.
    """
    try:
        with parquet.ParquetFile(source) as file:
            fields = [_texted(field) for field in file.schema_arrow]
            with parquet.ParquetWriter(target, pa.schema(fields)) as out:
                for batch in file.iter_batches():
                    columns = [_digits(column) for column in batch.columns]
                    out.write_batch(pa.record_batch(columns, schema=pa.schema(fields)))
    except (pa.ArrowException, OSError) as error:
        raise engine.Error(f"Invalid Input Error: {str(error).splitlines()[0]}") from error
    return target


def _texted(field: pa.Field) -> pa.Field:
    return field.with_type(pa.string()) if pa.types.is_decimal256(field.type) else field


def _digits(column: pa.Array) -> pa.Array:
    if not pa.types.is_decimal256(column.type):
        return column
    return pa.array([None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string())


def _parseable(kind: pa.DataType, value: str, depth: int = 0) -> str:
    """SQL: a nested value whose numbers are numbers, or the texts of those that are none."""
    if not any(name in str(kind) for name in ("float", "double")):
        return value
    if pa.types.is_floating(kind):
        none = f"WHEN {value} IS NOT NULL THEN to_json({NONE.format(v=value)})"
        return f"CASE WHEN isfinite({value}) THEN to_json({value}) {none} END"
    item = f"x{depth}"
    if pa.types.is_struct(kind):
        fields = (kind.field(n) for n in range(kind.num_fields))
        packed = ", ".join(
            f"{quote(field.name)} := {_parseable(field.type, f'struct_extract({value}, {literal(field.name)})', depth)}"
            for field in fields
        )
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed}) END"
    if pa.types.is_map(kind):
        entry = f"struct_pack(k := {item}.key, v := {_parseable(kind.item_type, f'{item}.value', depth + 1)})"
        return f"map_from_entries(list_transform(map_entries({value}), lambda {item}: {entry}))"
    return f"list_transform({value}, lambda {item}: {_parseable(kind.value_type, item, depth + 1)})"
