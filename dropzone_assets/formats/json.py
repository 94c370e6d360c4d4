"""JSON documents that hold an array of records, each kept whole as text."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from dropzone_assets.engine import Connection, literal, literals, rows

DOCUMENTS = "json_documents"


class Json(BaseModel):
    """A JSON document; `records` is the path of keys to its array, with dots between them (empty: the root)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: str = ""

    @property
    def _array(self) -> str:
        return "$" + "".join(f".{_key(key)}" for key in self.records.split(".") if key)

    def names(self, head: bytes, wanted: Sequence[str]) -> tuple[str, ...]:
        """Records name their own fields, so the names are those the contract wants."""
        return tuple(wanted)

    def unreadable(self, connection: Connection, uris: Sequence[str]) -> dict[int, str]:
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

    def relation(self, uris: Sequence[str], names: Sequence[str]) -> str:
        """One row a record; a record that is no object has only NULLs."""
        paths = literals([f"$.{_key(name)}" for name in names])
        fields = ", ".join(f"fields[{n + 1}] AS c{n}" for n in range(len(names)))
        return (
            f"SELECT file_index, record, {fields} FROM (SELECT file_index, record, "
            f"json_extract_string(record, {paths}) AS fields FROM (SELECT file_index, "
            f"unnest(json_extract(content, {literal(self._array + '[*]')})) AS record "
            f"FROM {DOCUMENTS} WHERE json_valid(content)))"
        )

    def raw(self, names: Sequence[str]) -> str:
        """The record's own text."""
        return "record::VARCHAR"

    def rest(self, names: Sequence[str], known: Sequence[int]) -> str:
        """The record without the fields the contract knows."""
        without = "{" + ", ".join(f"{_key(names[n])}: null" for n in known) + "}"
        patched = f"json_merge_patch(record, {literal(without)}::JSON)"
        return f"CASE WHEN json_type(record) = 'OBJECT' THEN nullif({patched}::VARCHAR, '{{}}') END"

    def broken(self, connection: Connection) -> str:
        """A valid document has no broken records."""
        return ""

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
