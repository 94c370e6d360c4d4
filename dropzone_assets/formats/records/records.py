"""What JSON records have in common, wherever they stand: names, fields, a discriminator, the record as it came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropzone_assets.engine import Connection, literal, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, Location, Scan
from dropzone_assets.formats.text.spans import text_at

Selection = tuple[tuple[str, tuple[str, ...]], ...]
"""Paths and the values that are wanted there."""

CHUNK = 1 << 20


@dataclass(frozen=True)
class Records:
    """Records of one kind of file; those that another table selects are ignored."""

    names: tuple[str, ...]
    encoding: str
    select: Selection
    others: tuple[str, ...]
    record: str
    exact: bool = False

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One row a record, in the order of the files."""
        raise NotImplementedError

    def broken(self, connection: Connection, contents: Sequence[Content]) -> str:
        """Records that never became a row."""
        return ""

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """Where records stand."""
        raise NotImplementedError

    def text(self, content: Content, location: Location) -> str:
        """The bytes at a place as text."""
        return text_at(content, self.encoding, location)

    def relation(self, records: str) -> str:
        """The fields of `records`, a query with `file_index` and `record`; ignored records have none."""
        keys = literals([path_of(path) for path, _ in self.select])
        paths = literals([f"$.{key(name)}" for name in self.names])
        fields = "".join(f", fields[{n}] AS c{n - 1}" for n in range(1, len(self.names) + 1))
        chosen = f"SELECT *, json_extract_string(record, {keys}) AS kinds FROM ({records})" if self.select else records
        below = f"json_extract(record, {literal(path_of(self.record))})" if self.record else "record"
        mine = f"CASE WHEN NOT {self.ignored()} THEN {below} END" if self.select else below
        inner = f"SELECT *, {mine} AS own FROM ({chosen})"
        return f"SELECT *{fields} FROM (SELECT *, json_extract_string(own, {paths}) AS fields FROM ({inner}))"

    def ignored(self) -> str:
        """SQL: whether the record has another value than those selected, one of somebody else."""
        if self.others:
            return f"coalesce(kinds[1] IN ({_listed(self.others)}), false)"
        each = [f"kinds[{n}] NOT IN ({_listed(values)})" for n, (_, values) in enumerate(self.select, start=1)]
        return f"coalesce({' OR '.join(each)}, false)" if each else ""

    def fault(self) -> str:
        """SQL: why the record cannot be taken apart: no JSON, no object, nobody selects it, no object below."""
        each = [
            f"WHEN coalesce(kinds[{n}] NOT IN ({_listed(values)}), true) THEN 'record:select'"
            for n, (_, values) in enumerate(self.select, start=1)
        ]
        below = ["WHEN json_type(own) IS DISTINCT FROM 'OBJECT' THEN 'record:object'"] if self.record else []
        whole = "WHEN record IS NULL THEN 'record:json' WHEN json_type(record) <> 'OBJECT' THEN 'record:type'"
        return f"CASE {' '.join([whole, *each, *below])} END"

    def raw(self) -> str:
        """The record's own text."""
        return "record::VARCHAR"

    def extra_columns(self, known: Sequence[int]) -> str:
        """The record without the fields the contract knows and the discriminator."""
        kinds = [path for path, _ in self.select if "." not in path and not self.record]
        fields = dict.fromkeys([*(self.names[n] for n in known), *kinds])
        without = "{" + ", ".join(f"{key(name)}: null" for name in fields) + "}"
        patched = f"json_merge_patch(own, {literal(without)}::JSON)"
        return f"CASE WHEN json_type(own) = 'OBJECT' THEN nullif({patched}::VARCHAR, '{{}}') END"

    def described(self) -> dict[str, str]:
        """Where the records are, and which of them are wanted."""
        wanted = {f"select {path}": ", ".join(values) for path, values in self.select}
        return {"encoding": self.encoding, **wanted, **({"fields below": self.record} if self.record else {})}


def key(name: str) -> str:
    """A key inside a JSON path, which is also how JSON writes it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def path_of(dotted: str) -> str:
    """Keys with dots between them as a JSON path."""
    return "$" + "".join(f".{key(name)}" for name in dotted.split(".") if name)


def rewritten(content: Content, encoding: str, copy: Path) -> Path:
    """A copy in UTF-8 with one kind of line end, made piece by piece.

    Raises:
        Refused: it is not written in `encoding`.
    """
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    try:
        with (
            content.file().open(encoding=encoding, errors=errors) as text,
            copy.open("w", encoding="utf-8", errors=errors, newline="") as out,
        ):
            while piece := text.read(CHUNK):
                out.write(piece)
    except UnicodeError as error:
        raise Refused(f"is not {encoding.upper()} text: {error}.", "Ask the sender for the file again.") from error
    return copy


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
