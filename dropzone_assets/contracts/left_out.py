"""What is known of a contract that is not honoured now: whose it is, which files are its, why they wait."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, Field, ValidationError

from dropzone_assets.contracts.dates import file_pattern
from dropzone_assets.contracts.model import Contract
from dropzone_assets.errors import BadContract

YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader in C where libyaml is there: contracts load several times as fast."""

NAMED = re.compile(r"^schema:\s.*?\bname:\s*[\"']?([a-z][a-z0-9_]*)", re.MULTILINE | re.DOTALL)
"""Where a contract that is no YAML names its table, most likely."""


class LeftOut(NamedTuple):
    """A contract that is not honoured now.

    `files`: the patterns of its files' names; none where they cannot be read, or others may have records of the files.
    """

    name: str
    table: str
    files: tuple[str, ...]
    why: BadContract

    @property
    def selects(self) -> bool:
        """Whether its table takes only some records of its files."""
        return False


class _Named(BaseModel):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")


class _Custom(BaseModel):
    property: str = ""
    value: Any = None


class _Sketch(BaseModel):
    """As much of a contract as says whose its files are."""

    tables: tuple[_Named, ...] = Field(alias="schema", min_length=1, max_length=1)
    custom: tuple[_Custom, ...] = Field((), alias="customProperties")


class _Block(BaseModel):
    files: tuple[str, ...] = ()
    format: dict[str, Any] = {}


def broken(file: Path, error: BadContract) -> LeftOut:
    """A contract that cannot be honoured because of `error`."""
    why = BadContract(
        f"Its contract cannot be honoured: {' '.join(error.found.split())}",
        f"{error.cure} Then its files load by themselves.",
    )
    table, files = _declared(file)
    return LeftOut(file.name, table, files, why)


def inactive(contract: Contract, status: str) -> LeftOut:
    """A sound contract that its owner has not, or no longer, put to work."""
    why = BadContract(
        f"Its contract {contract.file.name} is {status}.",
        "Set its status to active; then its files load by themselves.",
    )
    return LeftOut(f"{contract.table} ({status})", contract.table, () if contract.selects else contract.files, why)


def _declared(file: Path) -> tuple[str, tuple[str, ...]]:
    """The table and the file patterns of a broken contract, as far as they can be read."""
    text, table = "", file.name.removesuffix(".odcs.yaml")
    with suppress(OSError):
        text = file.read_text(encoding="utf-8", errors="replace")
    if named := NAMED.search(text):
        table = named[1]
    try:
        sketch = _Sketch.model_validate(yaml.load(text, YAML))  # noqa: S506 - a safe loader
        table = sketch.tables[0].name
        block = _Block.model_validate(next((item.value for item in sketch.custom if item.property == "dropzone"), {}))
        for pattern in block.files:
            file_pattern(pattern)
    except (yaml.YAMLError, ValidationError, BadContract):
        return table, ()
    return table, () if block.format.get("select") else block.files
