"""Parquet files, read by DuckDB; every value becomes text, so that the contract validates it as all text."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pydantic import BaseModel, ConfigDict

from dropzone_assets.engine import Connection, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, Location, Scan
from dropzone_assets.formats.named import Named


class Parquet(BaseModel):
    """A Parquet file says all there is to say about itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def reading(self, content: Content, wanted: Sequence[str]) -> "ParquetReading":
        """The names and types in the footer."""
        if not content.size:
            raise Refused("is empty.", "Ask the sender for the file again.")
        try:
            with parquet.ParquetFile(content.file()) as file:
                schema, metadata = file.schema_arrow, file.metadata
        except (pa.ArrowException, OSError) as error:
            what = str(error).splitlines()[0].removesuffix(".")
            raise Refused(f"is no Parquet file, or was cut off: {what}.", "Ask the sender for it again.") from error
        if not schema.names:
            raise Refused("has no columns.", "Ask the sender for the file again.")
        first = metadata.row_group(0) if metadata.num_row_groups else None
        compression = first.column(0).compression.lower() if first and first.num_columns else "none"
        return ParquetReading(tuple(schema.names), tuple(map(_shape, schema.types)), compression)


@dataclass(frozen=True)
class ParquetReading(Named):
    """Files with the same columns, in the same order, of the same types; `shapes` says how each becomes text."""

    shapes: tuple[str, ...]
    compression: str = field(compare=False)

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One `read_parquet` over all files; columns are taken by position, for a name may come twice."""
        columns = ", ".join(f"v{n}" for n in range(len(self.names)))
        texts = ", ".join(f"{SQL[shape.split()[0]].format(v=f'v{n}')} AS c{n}" for n, shape in enumerate(self.shapes))
        files = literals([content.uri for content in contents])
        return Scan(f"SELECT file_index, {texts} FROM read_parquet({files}) AS t({columns})", {})

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """Row group, from 0, and the row in it, from 1."""
        with parquet.ParquetFile(content.file()) as file:
            sizes = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
        firsts = list(accumulate(sizes, initial=0))
        groups = {number: bisect_right(firsts, number - 1) - 1 for number in records if 0 < number <= firsts[-1]}
        return {
            number: Location(None, None, None, f"row group {group}, row {number - firsts[group]}")
            for number, group in groups.items()
        }

    def described(self) -> dict[str, str]:
        """The compression of the first column and the types."""
        kinds = [shape.split(maxsplit=1)[1] for shape in self.shapes]
        types = ", ".join(f"{name} {kind}" for name, kind in zip(self.names, kinds, strict=True))
        return {"compression": self.compression, "columns": types}


SQL = {
    "nested": "to_json({v})::VARCHAR",
    "bytes": "coalesce(try(decode({v})), {v}::VARCHAR)",
    "moment": "CASE WHEN {v}::DATE::TIMESTAMP = {v} THEN {v}::DATE::VARCHAR ELSE {v}::VARCHAR END",
    "plain": "{v}::VARCHAR",
}
"""How values become text: bytes as UTF-8 or escapes, a moment at midnight without a zone as a date (as in Excel)."""


def _shape(kind: pa.DataType) -> str:
    """How a type becomes text, and its name."""
    if pa.types.is_nested(kind):
        shape = "nested"
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        shape = "bytes"
    else:
        shape = "moment" if pa.types.is_timestamp(kind) and kind.tz is None else "plain"
    return f"{shape} {kind}"
