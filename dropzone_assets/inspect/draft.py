"""A draft of a contract for a file that none knows: every column as text, read as the file itself says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from dropzone_assets.contracts import Contract, load_contract
from dropzone_assets.errors import Refused
from dropzone_assets.files import RawFile
from dropzone_assets.formats import draft_of, open_format
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.platform import Platform


def draft(platform: Platform, file: RawFile, pins: Mapping[str, Any]) -> tuple[Contract, Mapping[str, str]]:
    """A contract that takes every column of a file as text, and how the file is read.

    Args:
        pins: options of its format that are decided, not found out.

    Raises:
        Refused: the file cannot be read, or can be in two ways.
    """
    found = draft_of(file.delivery.path, RawContent(platform, file), pins)
    if not found.names:
        raise Refused(f"{file.delivery.path} has no columns.", "Ask the sender for the file again.")
    document = _document(found.options, found.names, "by_name" if found.named else "by_position")
    described = platform.settings.home / "draft.odcs.yaml"
    described.write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_contract(described, platform.settings.start_date, open_format)[0], found.how


def _document(form: Mapping[str, Any], names: Sequence[str], match: str) -> Mapping[str, Any]:
    properties = [
        {"name": free, **({"synonyms": [{"synonym": name}]} if match == "by_name" and free != name else {})}
        for name, free in zip(names, _distinct(names), strict=True)
    ]
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "urn:dropzone:preview",
        "version": "0",
        "status": "draft",
        "customProperties": [
            {"property": "dropzone", "value": {"files": ["*"], "format": dict(form), "columns": match}}
        ],
        "schema": [{"name": "draft", "properties": properties}],
    }


def _distinct(names: Sequence[str]) -> Iterator[str]:
    """Names that a contract takes: none empty, none twice, none ours."""
    seen: set[str] = {"", "rowid"}
    for number, name in enumerate(names, start=1):
        free = name.lstrip("_")
        free = f"{free or 'column'}_{number}" if free.casefold() in seen else free
        seen.add(free.casefold())
        yield free
