"""What ODCS has no word for: the blocks under `customProperties: dropzone`."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from open_data_contract_standard.model import CustomProperty
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from dropzone_assets.errors import BadContract

Match = Literal["by_name", "by_position"]


class ExpectedBlock(BaseModel):
    """What `slaProperties` cannot say about the files that should come.

    `files`: how many for each day (or period of days), where it is not what `frequency` says. `due_days`: how many days
    after the file date the time of availability is. `until`: whether files are expected up to today, or only up to the
    newest there is, for tables that are history.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: int | None = Field(default=None, ge=1)
    due_days: int = Field(default=1, ge=0, le=366)
    until: Literal["today", "newest"] = "today"


class TableBlock(BaseModel):
    """How the files of a table are recognised and read, and what is asked of its partitions.

    `files`: names, with strptime tokens for the date and `*` for anything. `columns`: ways of matching a file's
    columns, tried in order. `unknown_columns`, `missing_columns`: what becomes of columns that only the file has, and
    of those that only the contract has and does not require. `missing`: texts that mean "no value". `max_quarantine`:
    the share of rows that may be quarantined before a check fails. `unique`: within what a key is there once, its `day`
    or the whole `table`; `keep` says which of its rows stays. `summary`: one SELECT over `lake`, asked of one data
    date. `expected`: the files that should come.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[str, ...] = Field(min_length=1)
    format: dict[str, Any] = {"kind": "csv"}
    columns: tuple[Match, ...] = Field(default=("by_name",), min_length=1)
    unknown_columns: Literal["rescue", "ignore", "refuse"] = "rescue"
    missing_columns: Literal["null", "refuse"] = "null"
    missing: tuple[str, ...] = ("",)
    keep: Literal["first", "last"] = "first"
    unique: Literal["day", "table"] = "day"
    max_quarantine: float = Field(default=0.1, ge=0, le=1)
    summary: str = ""
    expected: ExpectedBlock | None = None

    @field_validator("columns", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("missing_columns", mode="before")
    @classmethod
    def _null(cls, value: object) -> object:
        """YAML reads `null` as nothing."""
        return "null" if value is None else value


def _plain(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    texts = value if isinstance(value, tuple) else ()
    if value == () or any(re.search(r"[\d+()\\-]", text) or not re.search(r"[^\s.,'%]", text) for text in texts):
        raise ValueError("a currency is `strip` or a list of texts such as [€, EUR], without digits and + - ( )")
    return value


class NumberBlock(BaseModel):
    """How the numbers of a column are written where it is not as machines write them.

    `thousands`: what parts them; `,` and `.` say the decimal sign too. `negative`: how a number below zero may also be
    written, `5-` or `(5)`. `currency`: signs and codes that may stand beside a number and say nothing; `strip` is any
    sign or code of three capitals. `percent`: whether `5 %` is 5 (`strip`) or 0.05 (`fraction`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    thousands: Literal[",", ".", " ", "'"] | None = None
    negative: Literal["trailing", "parentheses"] | None = None
    currency: Annotated[Literal["strip"] | tuple[str, ...], AfterValidator(_plain)] | None = None
    percent: Literal["strip", "fraction"] | None = None


class ColumnBlock(BaseModel):
    """What a column says beside the standard: how its texts become values.

    `values`: canonical value → the texts that mean it, compared trimmed and without regard to case. `missing`: texts
    that mean "no value" in this column. `number`: how its numbers are written. `formats`: how a date, time or timestamp
    may be written. `locale`: whose names of months and days are in it. `dst`: what becomes of a local time that comes
    twice or never.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: dict[str, tuple[str, ...]] = {}
    missing: tuple[str, ...] | None = None
    number: NumberBlock | None = None
    formats: tuple[str, ...] = ()
    locale: str = ""
    dst: Literal["", "first", "second", "by_order", "shift"] = ""

    @field_validator("values", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        """YAML reads `yes`, `1` or nothing as something else than text."""
        if not isinstance(value, dict):
            return value
        return {str(canonical): _many(aliases) for canonical, aliases in value.items()}


def _many(aliases: object) -> tuple[str, ...]:
    """One text or a list of them."""
    if isinstance(aliases, list):
        return tuple(str(alias) for alias in aliases)
    return () if aliases is None else (str(aliases),)


def block(properties: Sequence[CustomProperty] | None) -> dict[str, Any]:
    """The `dropzone` block among ODCS custom properties; empty when there is none.

    Raises:
        BadContract: it is no block of fields.
    """
    found = next((item.value for item in properties or () if item.property == "dropzone"), None) or {}
    if not isinstance(found, dict):
        raise BadContract(f"the dropzone block is {found!r}.", "docs/contracts.md lists its fields.")
    return found
