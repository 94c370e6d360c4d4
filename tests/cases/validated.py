"""A table of a test's own: a contract made on the spot, files made of bytes, and what `validate` says of their rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from blake3 import blake3

from dropzone_assets import engine
from dropzone_assets.contracts import RECORD, Contract, load_contract
from dropzone_assets.errors import Refused
from dropzone_assets.files import Delivery, RawFile
from dropzone_assets.formats import open_format
from dropzone_assets.ledger import Tally
from dropzone_assets.pipeline.validate import Validation, validate
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings

FIRST_DAY = date(2013, 1, 1)
FILE_TIME = datetime(2024, 5, 1)


class Row(NamedTuple):
    """One validated row: the numbers of its file and record, the contract's columns, why it is refused, as it came."""

    file: int
    record: int
    values: dict[str, Any]
    reasons: list[str]
    raw: dict[str, Any]


@dataclass(frozen=True)
class Validated:
    """What became of some files, which are numbered from 0."""

    load: Validation
    rows: list[Row]
    refused: dict[int, Refused]
    tallies: dict[int, Tally]

    def of(self, column: str, file: int = 0) -> list[Any]:
        """The values of a column in one file, in the order of the records."""
        return [row.values[column] for row in self.rows if row.file == file]

    def reasons(self, file: int = 0) -> dict[int, list[str]]:
        """Record number → why it is refused, for the refused records of one file."""
        return {row.record: row.reasons for row in self.rows if row.file == file and row.reasons}


def describe(*columns: Mapping[str, Any], table: str = "t", status: str = "active", **block: Any) -> dict[str, Any]:
    """A contract as a document; `block` are the fields of its `dropzone` block."""
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"urn:test:{table}",
        "name": table,
        "version": "1.0.0",
        "status": status,
        "customProperties": [{"property": "dropzone", "value": {"files": [f"{table}_*"], **block}}],
        "schema": [{"name": table, "properties": [dict(column) for column in columns]}],
    }


def write(folder: Path, document: object, name: str = "t") -> Path:
    """Put a contract into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.odcs.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def contract_of(folder: Path, *columns: Mapping[str, Any], **block: Any) -> Contract:
    """A loaded contract of these columns."""
    return load_contract(write(folder, describe(*columns, **block)), FIRST_DAY, open_format)[0]


def raw_file(platform: Platform, number: int, content: bytes, table: str = "t", name: str = "") -> RawFile:
    """A file as it rests in the raw zone."""
    found = Delivery(
        key=f"{number:05}",
        source="s",
        path=name or f"{table}_{number}",
        version="1",
        size=len(content),
        table=table,
        file_time=FILE_TIME,
        arrived=FILE_TIME,
        content_hash=blake3(content).hexdigest(),
    )
    uri = Path(platform.raw.uri(found.raw_path))
    uri.parent.mkdir(parents=True, exist_ok=True)
    uri.write_bytes(content)
    return RawFile(found, str(uri))


def _parsed(raw: str | None) -> Any:
    """A record as it came; as text where it is deeper than Python parses."""
    try:
        return json.loads(raw or "null")
    except RecursionError:
        return raw


def validate_files(platform: Platform, contract: Contract, files: Sequence[RawFile]) -> Validated:
    """What `validate` says of files whose keys are their numbers."""
    load = validate(platform, contract, files)
    own = ", ".join(engine.quote(name) for name in contract.stored)
    query = f"SELECT _delivery, {RECORD}, _reasons, _raw, {own} FROM {load.rows()} ORDER BY 1, 2"
    found = engine.rows(load.connection, query) if load.parts else []
    rows = [
        Row(int(key), record, dict(zip(contract.stored, own, strict=True)), reasons or [], _parsed(raw))
        for key, record, reasons, raw, *own in found
    ]
    refused = {int(key): refusal for key, refusal in load.refused.items()}
    return Validated(load, rows, refused, {int(tally.key): tally for tally in load.tallies})


def validate_bytes(home: Path, contract: Contract, *contents: bytes) -> Validated:
    """What `validate` says of files with these contents."""
    platform = open_platform(Settings(home=home))
    return validate_files(platform, contract, [raw_file(platform, n, content) for n, content in enumerate(contents)])
