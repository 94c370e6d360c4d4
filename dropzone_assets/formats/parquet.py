"""Parquet files, read by DuckDB; every value becomes text, so that the contract validates it as all text."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pydantic import BaseModel, ConfigDict

from dropzone_assets.engine import Connection, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, Location, Scan
from dropzone_assets.formats.named import Named
from dropzone_assets.formats.typed import TYPED, is_number, text_of, with_all_digits


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
        _refuse_contradictions(metadata)
        for name, kind in zip(schema.names, schema.types, strict=True):
            if pa.types.is_nested(kind) and "decimal256" in str(kind):
                cure = "Ask for at most 38 digits there, or for a text."
                raise Refused(f"has a column {name} of {kind}: so many digits cannot be kept there.", cure)
        return ParquetReading(tuple(schema.names), tuple(schema.types))


@dataclass(frozen=True)
class ParquetReading(Named):
    """Files with the same columns, in the same order, of the same types."""

    types: tuple[pa.DataType, ...]

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One `read_parquet` over all files; columns are taken by position, for a name may come twice."""
        columns = ", ".join(f"v{n}" for n in range(len(self.names)))
        texts = ", ".join(f"{text_of(kind, f'v{n}')} AS c{n}" for n, kind in enumerate(self.types))
        uris = [content.uri for content in contents]
        if any(map(pa.types.is_decimal256, self.types)):
            uris = [
                str(with_all_digits(content.file(), scratch / f"{n}.parquet")) for n, content in enumerate(contents)
            ]
        held = ", ".join(f"{is_number(kind)} AS {TYPED}{n}" for n, kind in enumerate(self.types))
        query = f"SELECT file_index, {texts}, {held} FROM read_parquet({literals(uris)}) AS t({columns})"
        return Scan(query, {}, typed=TYPED)

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
        """The types."""
        types = ", ".join(f"{name} {kind}" for name, kind in zip(self.names, self.types, strict=True))
        return {"columns": types}


def _refuse_contradictions(metadata: parquet.FileMetaData) -> None:
    """Refuse a footer whose numbers of rows are not one number.

    What it says of the columns of a row group is not asked: pyarrow ends the process where that is damaged.
    """
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    if metadata.num_rows != sum(group.num_rows for group in groups):
        found = f"says {metadata.num_rows:,} rows, and its row groups {sum(group.num_rows for group in groups):,}"
        raise Refused(f"is damaged: its footer {found}.", "Ask the sender for the file again.")
