"""Where the records of a JSON file are that no contract describes, and which fields of which types they have."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dropzone_assets.errors import Refused
from dropzone_assets.formats.draft import Draft
from dropzone_assets.formats.format import Content

MOST = 64 << 20
"""Bytes of a document that is looked through."""

SAMPLE = 1 << 20
"""Bytes of lines that are looked at."""

LOOKED_AT = 1_000
"""Records whose fields are looked at."""

DEEP = 6
"""Objects inside of objects in which records are looked for."""

NOTHING: Mapping[str, str] = MappingProxyType({})

TYPES = {bool: "boolean", int: "integer", float: "number", str: "text", dict: "object", list: "array"}


def drafted_lines(content: Content, encoding: str) -> Draft:
    """The fields of records that stand one a line.

    Raises:
        Refused: there are none, or it is no JSON.
    """
    text = content.head(SAMPLE).decode(encoding, "replace").removeprefix("\ufeff")
    whole = text if content.size < SAMPLE else text[: text.rfind("\n") + 1]
    return _draft({"lines": True}, [_parsed(line) for line in whole.splitlines() if line.strip()])


def drafted_document(content: Content, encoding: str) -> Draft:
    """Where most records of a document are, and their fields.

    Raises:
        Refused: there are none, or it is no JSON, or too large.
    """
    if content.size > MOST:
        raise Refused(
            f"is JSON of more than {MOST >> 20} MB, which no preview looks through.",
            "Describe it in a contract with `format: {kind: json, records: PATH}`, or preview the first part of it.",
        )
    document = _parsed(content.file().read_bytes().decode(encoding, "replace").removeprefix("\ufeff"))
    if isinstance(document, list):
        return _draft({"lines": False}, document)
    if not isinstance(document, dict):
        raise _none(document)
    found = dict(_arrays(document, "", DEEP))
    if not found:
        return _draft({"lines": False, "shape": "object"}, [document])
    best = max(found, key=lambda path: len(found[path]))
    others = [f"{path} ({len(each):,})" for path, each in found.items() if path != best]
    return _draft({"records": best}, found[best], {"records elsewhere": ", ".join(others)} if others else {})


def _draft(options: Mapping[str, Any], records: Sequence[object], how: Mapping[str, str] = NOTHING) -> Draft:
    fields = _fields(records)
    types = ", ".join(f"{name} {kind}" for name, kind in fields.items())
    return Draft(options, tuple(fields), True, {**how, "fields": types})


def _arrays(document: Mapping[str, object], above: str, depth: int) -> Iterator[tuple[str, list[object]]]:
    """Arrays of objects, by the path that leads there."""
    for key, value in document.items():
        if "." in key:
            continue
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            yield above + key, value
        elif isinstance(value, dict) and depth:
            yield from _arrays(value, f"{above}{key}.", depth - 1)


def _fields(records: Sequence[object]) -> Mapping[str, str]:
    kinds: dict[str, set[str]] = defaultdict(set)
    for record in records[:LOOKED_AT]:
        if isinstance(record, dict):
            for name, value in record.items():
                kinds[name] |= {TYPES[type(value)]} if value is not None else set()
    if not kinds:
        raise _none(records)
    return {name: " or ".join(sorted(kind)) or "nothing" for name, kind in kinds.items()}


def _none(document: object) -> Refused:
    what = f"an array of {len(document)} elements" if isinstance(document, list) else TYPES.get(type(document), "null")
    return Refused(
        f"is JSON without records: there is {what}, and no object with fields.",
        "Ask the sender for an array of objects, or one object a line.",
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"is no JSON: {error}.", "Ask the sender for the file again.") from error
