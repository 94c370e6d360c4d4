"""What JSON records have in common, wherever they stand: names, fields, a discriminator, the record as it came."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropzone_assets.engine import Connection, literal, literals
from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, Location, Scan
from dropzone_assets.formats.records import exact, repeats
from dropzone_assets.formats.records.repeats import key
from dropzone_assets.formats.text.spans import text_at
from dropzone_assets.formats.typed import TYPED

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
    lenient: bool = False
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

    def relation(self, records: str, samples: Iterable[str]) -> str:
        """The fields of `records`, a query with `file_index`, `odd` and `record`; ignored records have none.

        Args:
            samples: some records as text; those that are written like one of them are known for it.
        """
        known = repeats.Known(repeats.layouts(samples))
        keys = literals([path_of(path) for path, _ in self.select])
        paths = literals([f"$.{key(name)}" for name in self.names])
        fields = "".join(f", {_value(f'fields[{n}]')} AS c{n - 1}" for n in range(1, len(self.names) + 1))
        fields += "".join(f", {self._is_number(n)} AS {TYPED}{n}" for n in range(len(self.names)))
        kinds = f"json_extract_string(record, {keys}) AS kinds, " if self.select else ""
        layer = f"SELECT *, {kinds}{known.names()} FROM ({self._read(records)})"
        below = f"json_extract(record, {literal(path_of(self.record))})" if self.record else "record"
        mine = f"CASE WHEN NOT {self.ignored()} THEN {below} END" if self.select else below
        usual = f"{known.which(known.layouts)} AS usual, {known.which(self._familiar(known.layouts))} AS familiar"
        layer = f"SELECT *, {mine} AS own, {usual} FROM ({layer})"
        return f"SELECT *{fields} FROM (SELECT *, json_extract_string(own, {paths}) AS fields FROM ({layer}))"

    def _is_number(self, n: int) -> str:
        """SQL: whether a field is a number, and no text that is written like one."""
        kind = f"json_type(own, {literal(f'$.{key(self.names[n])}')})"
        texts = literals(["VARCHAR", "BOOLEAN", "NULL", "OBJECT", "ARRAY"])
        marked = f"starts_with(fields[{n + 1}], {literal(exact.MARK)})"
        return f"coalesce(NOT list_contains({texts}, {kind}) OR {marked}, false)"

    def _read(self, records: str) -> str:
        """`records` with what is no number as NULL, and how often that was so, where the contract allows it."""
        if not self.lenient:
            return records
        return (
            f"SELECT * REPLACE (CASE WHEN odd THEN {exact.without_numbers('record')} ELSE record END AS record), "
            f"CASE WHEN odd THEN {exact.no_numbers('record')} ELSE 0 END AS nothing FROM ({records})"
        )

    def _familiar(self, layouts: Iterable[repeats.Layout]) -> list[repeats.Layout]:
        """Layouts with nothing in their own object that the contract does not know."""
        at, wanted = path_of(self.record), {*self.names, *self._discriminators}
        return [layout for layout in layouts if wanted.issuperset(dict(layout).get(at, ()))]

    @property
    def _discriminators(self) -> list[str]:
        """Fields of a record that say whose it is."""
        return [path for path, _ in self.select if "." not in path and not self.record]

    def ignored(self) -> str:
        """SQL: whether the record has another value than those selected, one of somebody else."""
        if self.others:
            return f"coalesce(kinds[1] IN ({_listed(self.others)}), false)"
        each = [f"kinds[{n}] NOT IN ({_listed(values)})" for n, (_, values) in enumerate(self.select, start=1)]
        return f"coalesce({' OR '.join(each)}, false)" if each else ""

    def fault(self) -> str:
        """SQL: why the record cannot be taken apart: no JSON, no object, nobody selects it, a name twice."""
        each = [
            f"WHEN coalesce(kinds[{n}] NOT IN ({_listed(values)}), true) THEN 'record:select'"
            for n, (_, values) in enumerate(self.select, start=1)
        ]
        below = ["WHEN json_type(own) IS DISTINCT FROM 'OBJECT' THEN 'record:object'"] if self.record else []
        whole = (
            f"WHEN record IS NULL OR {exact.has_no_number('record')} THEN 'record:json' "
            f"WHEN CASE WHEN NOT usual THEN json_type(record) <> 'OBJECT' END THEN 'record:type'"
        )
        ignored = [f"WHEN {self.ignored()} THEN NULL"] if self.select else []
        twice = "WHEN CASE WHEN NOT usual THEN repeats_name(record) END THEN 'record:duplicate-name'"
        return f"CASE {' '.join([*ignored, whole, *each, twice, *below])} END"

    def raw(self) -> str:
        """The record's own text; text in an object where it is no JSON."""
        text = _value("record::VARCHAR")
        return f"CASE WHEN {exact.has_no_number('record')} THEN to_json({{'record': {text}}})::VARCHAR ELSE {text} END"

    def extra_columns(self, known: Sequence[int]) -> str:
        """The record without the fields the contract knows and the discriminator."""
        fields = dict.fromkeys([*(self.names[n] for n in known), *self._discriminators])
        without = "{" + ", ".join(f"{key(name)}: null" for name in fields) + "}"
        patched = f"json_merge_patch(own, {literal(without)}::JSON)::VARCHAR"
        extra = f"WHEN json_type(own) = 'OBJECT' THEN nullif({_value(patched)}, '{{}}')"
        return f"CASE {extra} END" if {*self.names} - {*fields} else f"CASE WHEN familiar THEN NULL {extra} END"

    def described(self) -> dict[str, str]:
        """Where the records are, and which of them are wanted."""
        wanted = {f"select {path}": ", ".join(values) for path, values in self.select}
        wanted |= {"lenient": "true"} if self.lenient else {}
        return {"encoding": self.encoding, **wanted, **({"fields below": self.record} if self.record else {})}


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


def _value(sql: str) -> str:
    """A value that was taken out of a record, as it was written."""
    return f"CASE WHEN odd THEN {exact.plain(sql)} ELSE {sql} END"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
