"""Records whose cells have the names of columns, as a workbook, a Parquet or an Avro file has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count

from dropzone_assets.engine import Connection, quote
from dropzone_assets.formats.format import Content, Location


@dataclass(frozen=True)
class Named:
    """The part of a reading that only needs the names; the relation has a text column for each."""

    names: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """The file itself names its columns."""
        return True

    def raw(self) -> str:
        """The record under the file's own column names."""
        return json_object(self.names, range(len(self.names)))

    def extra_columns(self, known: Sequence[int]) -> str:
        """The columns the contract does not know, where the record has something in them."""
        others = " AND ".join(f"c{n} IS NULL" for n in range(len(self.names)) if n not in known)
        return f"CASE WHEN NOT ({others or 'true'}) THEN {json_extra_columns(self.names, known)} END"

    def text(self, content: Content, location: Location) -> str:
        """A row of cells has no bytes of its own."""
        return ""

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """The file is read as a whole, or refused."""
        return ""


def json_extra_columns(names: Sequence[str], known: Sequence[int]) -> str:
    """SQL: a JSON object of the columns that are not `known`; NULL when there are none."""
    others = [n for n in range(len(names)) if n not in known]
    return json_object(names, others) if others else "NULL::VARCHAR"


def json_object(names: Sequence[str], chosen: Sequence[int]) -> str:
    """SQL: a JSON object of the chosen columns; a name that comes twice gets a number."""
    fields, seen = [], set[str]()
    for n in chosen:
        name = names[n] or f"column{n + 1}"
        spellings = chain([name], (f"{name} ({times})" for times in count(2)))
        free = next(spelling for spelling in spellings if spelling.casefold() not in seen)
        seen.add(free.casefold())
        fields.append(f"{quote(free)} := c{n}")
    return f"to_json(struct_pack({', '.join(fields)}))::VARCHAR"
