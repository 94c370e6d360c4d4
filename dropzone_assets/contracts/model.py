"""A contract as the platform uses it: nothing is optional any more, and every rule is SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from blake3 import blake3

from dropzone_assets.contracts.extension import Match, NumberBlock
from dropzone_assets.contracts.quality import QualityRule
from dropzone_assets.contracts.rules import Rule
from dropzone_assets.contracts.sla import Expected

DELIVERY, RECORD, DATA_DATE, RESCUED = "_delivery", "_record", "_data_date", "_rescued"
VALIDATED_BY = "_contract_version"
"""Columns every validated row has beside its own: where it came from, which day it is of, what was unknown."""


@dataclass(frozen=True)
class Column:
    """One column. `cast` is SQL over `{text}`; `transform` is SQL over the table's other columns.

    `missing`: texts that mean "no value", beside the contract's; None where the column does not say. `number`: how its
    numbers are written. `by_text`: whether `transform` reads its text only, so that nobody asks what value that is.
    `clock`: SQL over `{text}` for what the clock of `zone` showed, where the order of the file says which hour it was.
    """

    name: str
    kind: str
    logical: str
    description: str
    required: bool
    synonyms: tuple[str, ...]
    cast: str
    transform: str
    derived: bool
    rules: tuple[Rule, ...]
    missing: tuple[str, ...] | None = None
    number: NumberBlock | None = None
    by_text: bool = False
    clock: str = ""
    zone: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers."""
        return self.logical in ("integer", "number")

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names a file may give this column, its own first."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True)
class Contract:
    """One table: how its files look, what its rows must be, and what is asked of its partitions.

    `over_all_days`: whether a key is there once in the whole table, and not once on each day.
    """

    table: str
    version: str
    file: Path
    description: str
    owners: tuple[str, ...]
    tags: tuple[str, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    keep: str
    partition_column: str
    files: tuple[str, ...]
    format: str
    options: Mapping[str, Any]
    match: tuple[Match, ...]
    unknown_columns: str
    missing_columns: str
    missing: tuple[str, ...]
    max_quarantine: float
    summary: str
    over_all_days: bool = False
    quality: tuple[QualityRule, ...] = ()
    freshness: timedelta | None = None
    expected: Expected | None = None
    sla: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """What the contract's file is called, for people."""
        return self.file.name

    @property
    def selects(self) -> bool:
        """Whether the table takes only some records of its files, so that others may have the rest."""
        return bool(self.options.get("select"))

    @cached_property
    def physical(self) -> tuple[Column, ...]:
        """The columns that are read from the file, in the contract's order."""
        return tuple(column for column in self.columns if not column.derived)

    @cached_property
    def stored(self) -> dict[str, str]:
        """Column → DuckDB type of the contract's own columns, and of `_rescued` where unknown columns are kept."""
        own = {column.name: column.kind for column in self.columns}
        return {**own, RESCUED: "JSON"} if self.unknown_columns == "rescue" else own

    @cached_property
    def lineage(self) -> dict[str, str]:
        """Column → DuckDB type of the columns that say where a row came from."""
        return {DELIVERY: "VARCHAR", RECORD: "BIGINT", DATA_DATE: "DATE"}

    @cached_property
    def fingerprint(self) -> str:
        """Equal for contracts that validate rows alike, and have a key once in the same, whatever else they say."""
        validating = (self.table, self.version, self.columns, self.partition_column, self.format, self.options)
        reading = (self.match, self.unknown_columns, self.missing_columns, self.missing)
        once = ("unique", "table") if self.over_all_days else ()
        return blake3(repr((*validating, *reading, *once)).encode()).hexdigest()[:16]

    @property
    def selection(self) -> str:
        """Equal for contracts that leave the same rows out of the lake as duplicates."""
        return repr((self.key, self.keep, self.over_all_days) if self.key else ())
