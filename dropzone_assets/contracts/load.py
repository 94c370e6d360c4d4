"""Reading contracts: the standard's own model first, then ours; each file alone."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Team,
)
from pydantic import ValidationError

from dropzone_assets import engine
from dropzone_assets.contracts.column_block import first_of
from dropzone_assets.contracts.columns import column_of
from dropzone_assets.contracts.dates import file_pattern
from dropzone_assets.contracts.extension import TableBlock, block
from dropzone_assets.contracts.left_out import YAML, LeftOut, broken, inactive
from dropzone_assets.contracts.mentions import mentions
from dropzone_assets.contracts.model import Contract
from dropzone_assets.contracts.prove import prove
from dropzone_assets.contracts.quality import quality_rules
from dropzone_assets.contracts.sla import dates_as_text, expected, freshness
from dropzone_assets.errors import BadContract

NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = {"summary", "ingestion", "lake", "files"}
RESERVED_COLUMNS = {"rowid"}
"""Names by which DuckDB says where a row rests. All names of ours beside a contract's begin with `_`."""

Opens = Callable[[str, Mapping[str, Any]], object]

_sound: dict[tuple[str, date], tuple[Contract, str]] = {}
"""Text and first day → contract and status. To prove a contract costs DuckDB 50 ms, and a daemon of 500 tables has
them all read again when one is changed."""


class Contracts(NamedTuple):
    """What a folder of contracts holds: tables by name, files that are broken, tables that are not active.

    `left_out`: what is known of the broken and the inactive.
    """

    tables: dict[str, Contract]
    broken: tuple[BadContract, ...]
    inactive: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    def why_not(self, table: str) -> BadContract | None:
        """Why no run can work on a table; None when one can."""
        if table in self.tables:
            return None
        known = {each.table: each.why for each in self.left_out}
        return known.get(table) or BadContract(f"No contract describes the table {table}.", "Put its contract back.")


def load_contracts(folder: Path, first_day: date, opens: Opens) -> Contracts:
    """Load every `*.odcs.yaml`. A file that cannot be honoured is broken alone.

    Args:
        first_day: the first daily partition; rows before it are refused.
        opens: opens a format by its kind and options, or raises BadContract.
    """
    tables: dict[str, Contract] = {}
    wrong: list[BadContract] = []
    idle: list[str] = []
    left_out: list[LeftOut] = []
    with engine.connect() as connection:
        for file in sorted(folder.glob("*.odcs.yaml")):
            try:
                contract, status = load_contract(file, first_day, opens, connection)
                if contract.table in tables:
                    raise _bad(
                        file, f"describes {contract.table}, as {tables[contract.table].file.name} does.", "Keep one."
                    )
            except BadContract as error:
                wrong.append(error)
                left_out.append(broken(file, error))
                continue
            if status == "active":
                tables[contract.table] = contract
            else:
                left_out.append(inactive(contract, status))
                idle.append(left_out[-1].name)
    # What a table that is sound has no name for is nobody's, though a second contract of it would have one.
    known = tuple(each._replace(files=()) if each.table in tables else each for each in left_out)
    return Contracts(tables, tuple(wrong), tuple(idle), known)


def load_contract(
    file: Path, first_day: date, opens: Opens, connection: engine.Connection | None = None
) -> tuple[Contract, str]:
    """One contract and its ODCS status.

    Args:
        connection: proves other contracts too, where many are loaded.

    Raises:
        BadContract: with the file, what was found, and the cure.
    """
    with _blame(file):
        text = file.read_text(encoding="utf-8")
        if known := _sound.get((text, first_day)):
            opens(known[0].format, known[0].options)
            return replace(known[0], file=file), known[1]
        odcs = _read(text)
        contract = _contract(file, odcs, first_day, connection)
        opens(contract.format, contract.options)
        prove(contract, connection)
        _sound[text, first_day] = contract, odcs.status or "draft"
        return _sound[text, first_day]


def _read(text: str) -> OpenDataContractStandard:
    document = dates_as_text(yaml.load(text, YAML))  # noqa: S506 - a safe loader
    try:
        return OpenDataContractStandard.model_validate(document)
    except ValidationError as error:
        found = f"is not an ODCS v3 contract: {first_of(error)}"
        raise BadContract(found, "See the standard at bitol.io.") from error


@contextmanager
def _blame(file: Path) -> Iterator[None]:
    """Every complaint names the file it is about."""
    try:
        yield
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _bad(file, f"is not readable YAML: {error}", "Correct the YAML.") from error
    except BadContract as error:
        raise _bad(file, error.found, error.cure) from error
    except ValidationError as error:
        raise _bad(file, f"the dropzone block: {first_of(error)}", "docs/contracts.md lists its fields.") from error


def _bad(file: Path, found: str, cure: str) -> BadContract:
    return BadContract(f"{file.name}: {found}", cure)


def _contract(
    file: Path, odcs: OpenDataContractStandard, first_day: date, connection: engine.Connection | None
) -> Contract:
    schema = _only_schema(odcs)
    extension = TableBlock.model_validate(block(odcs.customProperties))
    for pattern in extension.files:
        file_pattern(pattern)
    properties = schema.properties or []
    partition = [p.name or "" for p in properties if p.partitioned]
    if len(partition) > 1:
        raise BadContract(f"several columns are partitioned: {', '.join(partition)}.", "Keep one.")
    options = dict(extension.format)
    mentioned = mentions({p.transformLogic for p in properties if p.transformLogic}, connection)
    return Contract(
        table=schema.name or "",
        version=odcs.version or "0",
        file=file,
        description=schema.description or (odcs.description.purpose if odcs.description else "") or "",
        owners=_owners(odcs),
        tags=tuple(odcs.tags or ()),
        columns=tuple(column_of(p, first_day, mentioned.get(p.transformLogic or "", frozenset())) for p in properties),
        key=_key(properties, extension.unique),
        keep=extension.keep,
        partition_column=partition[0] if partition else "",
        files=extension.files,
        format=str(options.pop("kind", "csv")),
        options=options,
        match=extension.columns,
        unknown_columns=extension.unknown_columns,
        missing_columns=extension.missing_columns,
        missing=extension.missing,
        max_quarantine=extension.max_quarantine,
        summary=extension.summary.strip().rstrip(";"),
        over_all_days=extension.unique == "table",
        quality=quality_rules(schema),
        freshness=freshness(odcs.slaProperties or []),
        expected=expected(odcs.slaProperties or [], extension.expected),
        sla={p.property or "": f"{p.value} {p.unit or ''}".strip() for p in odcs.slaProperties or []},
    )


def _only_schema(odcs: OpenDataContractStandard) -> SchemaObject:
    schemas = odcs.schema_ or []
    if len(schemas) != 1:
        raise BadContract(f"has {len(schemas)} tables under `schema`.", "One file describes one table: split it.")
    name, properties = schemas[0].name or "", schemas[0].properties or []
    if not NAME.fullmatch(name) or name in RESERVED:
        raise BadContract(f"the table name {name!r} cannot be used.", "Use small letters, digits and `_`.")
    names = [(p.name or "").casefold() for p in properties]
    twice = {n for n in names if names.count(n) > 1}
    wrong = [n for n in names if not n or n.startswith("_") or n in RESERVED_COLUMNS]
    if twice or wrong or not names:
        raise BadContract(
            f"column names: {sorted(twice) or wrong or 'there are none'}.",
            f"Name each once, without `_` first, and none {' or '.join(sorted(RESERVED_COLUMNS))}.",
        )
    return schemas[0]


def _key(properties: list[SchemaProperty], within: str) -> tuple[str, ...]:
    """The columns of the key, which must be there where it is unique in the whole table."""
    primary = [p for p in properties if p.primaryKey]
    if primary:
        return tuple(p.name or "" for p in sorted(primary, key=lambda p: p.primaryKeyPosition or 0))
    unique = [p.name or "" for p in properties if p.unique]
    if len(unique) > 1:
        raise BadContract(f"{', '.join(unique)} are unique but none is the primary key.", "Say which one is.")
    if not unique and within == "table":
        found = "`unique: table` says that a key is there once in the whole table, and no column has `primaryKey: true`"
        raise BadContract(f"{found}.", "Say which columns are the key, or take out `unique`.")
    return tuple(unique)


def _owners(odcs: OpenDataContractStandard) -> tuple[str, ...]:
    """Members with an e-mail address; otherwise the team. These are the two kinds of owner Dagster knows."""
    team = odcs.team
    members = (team.members or []) if isinstance(team, Team) else (team or [])
    mails = tuple(m.username for m in members if m.username and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", m.username))
    if mails or not isinstance(team, Team) or not team.name:
        return mails
    return (f"team:{re.sub(r'[^A-Za-z0-9_-]', '-', team.name)}",)
