"""JSON documents with their records at one place, each record kept whole as text."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropzone_assets.engine import Connection, literal, literals, rows
from dropzone_assets.errors import Refused
from dropzone_assets.formats.draft import Draft
from dropzone_assets.formats.format import HEAD, Content, Location, Scan
from dropzone_assets.formats.records import exact, repeats
from dropzone_assets.formats.records.elements import element_locations, first_elements
from dropzone_assets.formats.records.outline import drafted_document
from dropzone_assets.formats.records.records import Records, path_of, rewritten
from dropzone_assets.formats.records.repeats import key
from dropzone_assets.formats.typed import TYPED

DOCUMENTS = "json_documents"

SHAPES = {"array": ("ARRAY",), "object": ("OBJECT",), "any": ("ARRAY", "OBJECT")}
"""What may stand where the records are."""

AT_ONCE = 8 << 20
"""Bytes of documents that are taken apart together: what DuckDB makes of them is many times as large."""

SAMPLED = 3
"""Files whose first records are looked at."""


@dataclass(frozen=True)
class Documents(Records):
    """Documents with an array of records, or one record, at the path `records`."""

    records: str = ""
    shape: str = "array"

    def scan(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> Scan:
        """One row a record; a record that is no object has only NULLs, and is refused."""
        unreadable = self._load(connection, contents, scratch)
        location, each = literal(path_of(self.records)), literal(path_of(self.records) + "[*]")
        found = {
            "array": f"json_extract(content, {each})",
            "object": f"[json_extract(content, {location})]",
            "any": f"CASE kind WHEN 'ARRAY' THEN json_extract(content, {each}) "
            f"WHEN 'OBJECT' THEN [json_extract(content, {location})] END",
        }[self.shape]
        kinds = ", ".join(map(literal, SHAPES[self.shape]))
        records = " UNION ALL ".join(
            f"SELECT file_index, odd, unnest({found}) AS record FROM {DOCUMENTS} "
            f"WHERE kind IN ({kinds}) AND file_index BETWEEN {first} AND {last}"
            for first, last in _pieces([content.size for content in contents])
        )
        samples = (text for content in contents[:SAMPLED] for text in self._first_records(content))
        return Scan(self.relation(records, samples), unreadable, self.fault(), self.ignored(), typed=TYPED)

    def locations(self, content: Content, records: Collection[int]) -> Mapping[int, Location]:
        """The path of the element, its line and its bytes."""
        return element_locations(content, self.encoding, self.records, records)

    def drafted(self, content: Content) -> Draft:
        """Where the records are, and the fields there are."""
        draft = drafted_document(content, self.encoding)
        where = {"records": str(draft.options.get("records", "the root"))}
        return draft._replace(how={**self.described(), **where, **draft.how})

    def described(self) -> dict[str, str]:
        """Where the records are."""
        return {"records": self.records or "the root", **super().described()}

    def _load(self, connection: Connection, contents: Sequence[Content], scratch: Path) -> dict[int, str]:
        """Documents that are not text, not JSON, or have no records where these should be."""
        unreadable: dict[int, str] = {}
        uris, plain = [], self.encoding == "utf-8"
        for n, content in enumerate(contents):
            try:
                uris.append(content.uri if plain else str(rewritten(content, self.encoding, scratch / str(n))))
            except Refused as refusal:
                unreadable[n] = refusal.found
                uris.append(str(scratch / str(n)))
        exact.know(connection)
        repeats.know(connection)
        given = f"SELECT file_index, ltrim(try(decode(content)), chr(65279)) AS given FROM read_blob({literals(uris)})"
        read = f"CASE WHEN odd THEN {exact.exact('given', self.lenient, 'exact_document')} ELSE given END AS content"
        given = f"SELECT *, {exact.odd('given')} AS odd FROM ({given})"
        given = f"SELECT file_index, given IS NULL AS no_text, odd, {read} FROM ({given})"
        # A document is taken apart once to find out whether it can be, and once for its records.
        kind = f"try(coalesce(json_type(content, {literal(path_of(self.records))}), 'nothing')) END AS kind"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {DOCUMENTS} AS "
            f"SELECT *, CASE WHEN content IS NOT NULL THEN {kind}, {self._twice()} AS twice FROM ({given})"
        )
        found = rows(
            connection,
            "SELECT file_index, no_text, kind, CASE WHEN kind IS NOT NULL THEN json_keys(content) END, twice FROM "
            f"{DOCUMENTS} WHERE kind IS NULL OR twice OR kind NOT IN ({', '.join(map(literal, SHAPES[self.shape]))})",
        )
        connection.execute(f"DELETE FROM {DOCUMENTS} WHERE twice")
        return {index: self._reason(contents[index], *why) for index, *why in found} | unreadable

    def _twice(self) -> str:
        """SQL: whether a name on the way to the records is there twice, so that nobody knows what is meant."""
        steps = [name for name in self.records.split(".") if name]
        if not steps:
            return "false"
        above = [path_of(".".join(steps[:n])) for n in range(len(steps))]
        times = (
            f"len(list_filter(json_keys(content, {literal(path)}), lambda name: name = {literal(step)})) > 1"
            for path, step in zip(above, steps, strict=True)
        )
        spelt = (f"strlen(content) - strlen(replace(content, {literal(key(step))}, ''))" for step in steps)
        often = " OR ".join(f"{gone} > {len(key(step).encode())}" for gone, step in zip(spelt, steps, strict=True))
        looked = f"coalesce(try({' OR '.join(times)}), false)"
        return f"CASE WHEN {often} OR contains(content, '\\u00') THEN {looked} ELSE false END"

    def _first_records(self, content: Content) -> Iterator[str]:
        """Some whole records."""
        return first_elements(content.head(HEAD).decode(self.encoding, "replace").removeprefix("\ufeff"), self.records)

    def _reason(
        self, content: Content, not_text: bool, kind: str | None, keys: list[str] | None, twice: bool | None
    ) -> str:
        if not_text:
            return "is not UTF-8 text."
        if kind is None:
            return _no_json(
                exact.stray_comma(content.file().read_bytes().decode(self.encoding, "replace")), self.records
            )
        where, wanted = self.records or "its root", " or ".join(SHAPES[self.shape]).lower()
        if twice:
            return (
                f"has a name on the way to {where} twice in one object, so that nobody knows which records are meant."
            )
        one = " If that object is one record, set `shape: any` in the contract." if kind == "OBJECT" else ""
        return f"has no {wanted} at {where} but {kind.lower()}; its keys are: {', '.join(keys or []) or 'none'}.{one}"


def _no_json(comma: int, records: str) -> str:
    """Why a text is no document; `comma` is the line of a comma that is too many."""
    if comma:
        return (
            f"is not a JSON document: line {comma} has a comma with nothing behind it. If that is how the "
            "sender writes, set `lenient: true` under `format` in the contract."
        )
    hint = "" if records else "; if it has one record a line, set `lines: true` in the contract"
    return f"is not a JSON document (was it cut off?){hint}."


def _pieces(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last place of documents that are at most `AT_ONCE` together, or one."""
    first = total = 0
    for n, size in enumerate(sizes):
        if n > first and total + size > AT_ONCE:
            yield first, n - 1
            first, total = n, 0
        total += size
    yield first, len(sizes) - 1
