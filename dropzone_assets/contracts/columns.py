"""One column of a contract: its type, how its texts become values, and the rules that ask for more."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from open_data_contract_standard.model import SchemaProperty

from dropzone_assets.contracts.column_block import demand_text, own_block
from dropzone_assets.contracts.extension import ColumnBlock
from dropzone_assets.contracts.model import Column
from dropzone_assets.contracts.moments import MOMENTS, Written, clock, doubts
from dropzone_assets.contracts.rules import NO_DOUBTS, Doubts, Rule, column_rules, partition_rule
from dropzone_assets.contracts.transforms import OWN_TEXT
from dropzone_assets.contracts.types import cast, duckdb_type
from dropzone_assets.engine import folded, literal
from dropzone_assets.errors import BadContract


def column_of(prop: SchemaProperty, first_day: date, mentioned: frozenset[str]) -> Column:
    """The column that a property of a contract describes.

    Args:
        first_day: the first day that has a partition.
        mentioned: the columns that its `transformLogic` names, folded.

    Raises:
        BadContract: it cannot be honoured.
    """
    name, options = prop.name or "", prop.logicalTypeOptions or {}
    logical = prop.logicalType or "string"
    kind = duckdb_type(logical, prop.physicalType)
    own = own_block(name, prop)
    how, reading, asked = _reading(name, logical, kind, options, own)
    transform = prop.transformLogic or ""
    derived = bool(transform) and not {folded(name), OWN_TEXT} & mentioned
    required = bool(prop.required or prop.partitioned)
    demand_text(name, logical, own, derived=derived)
    listed = {"values": list(own.values), "accepted": _accepted(prop)}
    rules = column_rules(name, kind, options, required=required, derived=derived, doubts=asked, **listed)
    return Column(
        name=name,
        kind=kind,
        logical=logical,
        description=prop.description or "",
        required=required,
        synonyms=tuple(item.synonym for item in prop.synonyms or () if item.synonym),
        cast=_canonical(own.values) if own.values else reading,
        transform=transform,
        derived=derived,
        rules=rules + _partitioning(name, kind, first_day) if prop.partitioned else rules,
        missing=own.missing,
        number=own.number,
        clock=clock(logical, how),
        zone=how.zone if how.dst else "",
        by_text=bool(transform) and not derived and folded(name) not in mentioned,
    )


def _reading(
    name: str, logical: str, kind: str, options: Mapping[str, Any], own: ColumnBlock
) -> tuple[Written, str, Doubts]:
    """How its texts are written, the SQL that reads one, and what may be doubted of it."""
    with _named(name):
        how = Written.of(logical, options, own)
        return how, cast(logical, kind, how), doubts(logical, how) if logical in MOMENTS else NO_DOUBTS


def _accepted(prop: SchemaProperty) -> list[str]:
    return [item.value for item in prop.enum or () if item.value is not None]


def _partitioning(name: str, kind: str, first_day: date) -> tuple[Rule, ...]:
    """What is asked of the column that says which day a row is of."""
    if kind not in ("DATE", "TIMESTAMP"):
        raise BadContract(f"{name} is partitioned but {kind}.", "The data date is a date or a timestamp.")
    return (partition_rule(name, first_day.isoformat()),)


@contextmanager
def _named(column: str) -> Iterator[None]:
    """A complaint about how a column is written names it."""
    try:
        yield
    except BadContract as error:
        raise BadContract(f"{column}: {error.found}", error.cure) from error


def _canonical(values: dict[str, tuple[str, ...]]) -> str:
    """SQL: the canonical value a text means.

    Raises:
        BadContract: a text means two values.
    """
    meanings: dict[str, tuple[str, str]] = {}
    for canonical, aliases in values.items():
        for text in (canonical, *aliases):
            alias, meaning = meanings.setdefault(text.strip().lower(), (text.strip(), canonical))
            if meaning != canonical:
                raise BadContract(f"the text {alias!r} means {meaning} and {canonical}.", "Keep one.")
    cases = " ".join(f"WHEN lower({literal(alias)}) THEN {literal(value)}" for alias, value in meanings.values())
    return f"CASE lower({{text}}) {cases} END".replace("{", "{{").replace("}", "}}").replace("{{text}}", "{text}")
