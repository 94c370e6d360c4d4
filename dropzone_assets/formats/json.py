"""JSON documents that hold an array of records, each kept whole as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from dropzone_assets.engine import Connection, literal, literals, rows
from dropzone_assets.formats.format import Content, Scan

DOCUMENTS = "json_documents"


class Json(BaseModel):
    """A JSON document; `records` is the path of keys to its array, with dots between them (empty: the root)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: str = ""

    def reading(self, content: Content, wanted: Sequence[str]) -> "JsonReading":
        """Records name their own fields, so the names are those the contract wants."""
        return JsonReading(self.records, tuple(wanted))


@dataclass(frozen=True)
class JsonReading:
    """Documents with their records at one place."""

    records: str
    names: tuple[str, ...]
    exact: bool = False

    @property
    def _array(self) -> str:
        return "$" + "".join(f".{_key(key)}" for key in self.records.split(".") if key)

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One row a record; a record that is no object has only NULLs."""
        unreadable = self._unreadable(connection, [content.uri for content in contents])
        paths = literals([f"$.{_key(name)}" for name in self.names])
        fields = ", ".join(f"fields[{n + 1}] AS c{n}" for n in range(len(self.names)))
        relation = (
            f"SELECT file_index, record, {fields} FROM (SELECT file_index, record, "
            f"json_extract_string(record, {paths}) AS fields FROM (SELECT file_index, "
            f"unnest(json_extract(content, {literal(self._array + '[*]')})) AS record "
            f"FROM {DOCUMENTS} WHERE json_valid(content)))"
        )
        return Scan(relation, unreadable)

    def raw(self) -> str:
        """The record's own text."""
        return "record::VARCHAR"

    def rest(self, known: Sequence[int]) -> str:
        """The record without the fields the contract knows."""
        without = "{" + ", ".join(f"{_key(self.names[n])}: null" for n in known) + "}"
        patched = f"json_merge_patch(record, {literal(without)}::JSON)"
        return f"CASE WHEN json_type(record) = 'OBJECT' THEN nullif({patched}::VARCHAR, '{{}}') END"

    def broken(self, connection: Connection) -> str:
        """A valid document has no broken records."""
        return ""

    def described(self) -> dict[str, str]:
        """Where the records are."""
        return {"records": self.records or "the root"}

    def _unreadable(self, connection: Connection, uris: Sequence[str]) -> dict[int, str]:
        """Documents that are not UTF-8, not JSON, or have no array where one should be."""
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {DOCUMENTS} AS SELECT file_index, "
            f"ltrim(try(decode(content)), chr(65279)) AS content FROM read_blob({literals(uris)})"
        )
        array = literal(self._array)
        found = rows(
            connection,
            f"SELECT file_index, content, kind, keys FROM (SELECT file_index, content IS NULL AS content, "
            f"CASE WHEN json_valid(content) THEN coalesce(json_type(content, {array}), 'nothing') END AS kind, "
            f"CASE WHEN json_valid(content) THEN json_keys(content) END AS keys FROM {DOCUMENTS}) "
            f"WHERE kind IS DISTINCT FROM 'ARRAY'",
        )
        return {index: self._reason(not_text, kind, keys) for index, not_text, kind, keys in found}

    def _reason(self, not_text: bool, kind: str | None, keys: list[str] | None) -> str:
        if not_text:
            return "is not UTF-8 text."
        if kind is None:
            return "is not a JSON document (was it cut off?)."
        where = self.records or "its root"
        return f"has no array at {where} but {kind.lower()}; its keys are: {', '.join(keys or []) or 'none'}."


def _key(name: str) -> str:
    """A key inside a JSON path, which is also how JSON writes it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
