"""ODCS `quality` rules as one number asked of a lake partition, and the bound it must keep.

https://bitol-io.github.io/open-data-contract-standard/latest/data-quality/
"""

import re
from typing import Any, NamedTuple

from open_data_contract_standard.model import DataQuality, SchemaObject, SchemaProperty

from dropzone_assets.engine import literal, quote
from dropzone_assets.errors import BadContract

BOUNDS = {
    "mustBe": "=",
    "mustNotBe": "<>",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
}


class QualityRule(NamedTuple):
    """`number` is SQL over the relation `lake`; `kept` is SQL over its result, `n`. `severe`: failing is an error."""

    name: str
    number: str
    kept: str
    severe: bool
    description: str


def quality_rules(schema: SchemaObject) -> tuple[QualityRule, ...]:
    """The rules of a table and of its columns.

    Raises:
        BadContract: a rule is of a kind that cannot be asked in SQL.
    """
    found = [_rule(rule, None, schema) for rule in schema.quality or () if rule.type != "text"]
    for column in schema.properties or ():
        found += [_rule(rule, column, schema) for rule in column.quality or () if rule.type != "text"]
    seen: dict[str, int] = {}
    named = []
    for rule in found:
        seen[rule.name] = seen.get(rule.name, 0) + 1
        named.append(rule._replace(name=f"{rule.name}_{seen[rule.name]}") if seen[rule.name] > 1 else rule)
    return tuple(named)


def _rule(rule: DataQuality, column: SchemaProperty | None, schema: SchemaObject) -> QualityRule:
    metric = "sql" if rule.type == "sql" else rule.metric or rule.rule or ""
    where = f"{column.name}: " if column else ""
    name = (
        re.sub(r"\W+", "_", rule.name or "_".join(each for each in (column.name if column else "", metric) if each))
        .strip("_")
        .lower()
    )
    return QualityRule(
        name=f"quality_{name}",
        number=_share(_number(metric, rule, column, schema), rule),
        kept=_kept(rule, where + metric),
        severe=(rule.severity or "error").lower() in ("error", "critical", "high", "blocker"),
        description=rule.description or f"{where}{metric}",
    )


def _number(metric: str, rule: DataQuality, column: SchemaProperty | None, schema: SchemaObject) -> str:
    arguments = rule.arguments or {}
    name = quote(column.name or "") if column else ""
    if metric == "sql" and rule.query:
        return _filled(rule.query, column, schema)
    if metric == "rowCount":
        return "SELECT count(*) FROM lake"
    if metric == "duplicateValues":
        names = [name] if column else [quote(str(each)) for each in _listed(arguments, "properties")]
        if names:
            return f"SELECT count(*) - count(DISTINCT ({', '.join(names)})) FROM lake"
    if metric == "nullValues" and column:
        return f"SELECT count(*) FILTER ({name} IS NULL) FROM lake"
    if metric == "missingValues" and column:
        texts = ", ".join(literal(each) for each in _listed(arguments, "missingValues") if each is not None)
        also = f" OR {name}::VARCHAR IN ({texts})" if texts else ""
        return f"SELECT count(*) FILTER ({name} IS NULL{also}) FROM lake"
    if metric == "invalidValues" and column and (wrong := _invalid(name, arguments)):
        return f"SELECT count(*) FILTER ({wrong}) FROM lake"
    raise BadContract(
        f"quality: the rule {rule.name or metric or rule.type!r} cannot be asked here.",
        "Use rowCount, duplicateValues, nullValues, missingValues, invalidValues (with validValues or pattern) or sql.",
    )


def _invalid(name: str, arguments: dict[str, Any]) -> str:
    wrong = []
    if "validValues" in arguments:
        wrong.append(f"{name} NOT IN ({', '.join(literal(each) for each in _listed(arguments, 'validValues'))})")
    if "pattern" in arguments:
        wrong.append(f"NOT regexp_matches({name}::VARCHAR, {literal(str(arguments['pattern']))})")
    return " OR ".join(wrong)


def _listed(arguments: dict[str, Any], word: str) -> list[Any]:
    found = arguments.get(word, [])
    if not isinstance(found, list):
        raise BadContract(f"quality: {word} is {found!r}.", "Make it a list.")
    return found


def _filled(query: str, column: SchemaProperty | None, schema: SchemaObject) -> str:
    """The standard's placeholders: the table is the lake partition the question is asked of."""
    names = {"table": "lake", "object": "lake", "model": "lake"}
    if column and column.name:
        names |= {"property": quote(column.name), "column": quote(column.name), "field": quote(column.name)}
    return re.sub(r"\$?\{(\w+)\}", lambda found: names.get(found[1], found[0]), query).rstrip().rstrip(";")


def _share(number: str, rule: DataQuality) -> str:
    if (rule.unit or "rows") not in ("percent", "%"):
        return number
    return f"SELECT 100.0 * ({number}) / nullif(count(*), 0) FROM lake"


def _kept(rule: DataQuality, where: str) -> str:
    bounds = [f"n {sign} {literal(v)}" for word, sign in BOUNDS.items() if (v := getattr(rule, word)) is not None]
    if rule.mustBeBetween:
        bounds.append(f"n BETWEEN {rule.mustBeBetween[0]} AND {rule.mustBeBetween[1]}")
    if rule.mustNotBeBetween:
        bounds.append(f"n NOT BETWEEN {rule.mustNotBeBetween[0]} AND {rule.mustNotBeBetween[1]}")
    if not bounds:
        raise BadContract(f"quality: {where} has no bound.", f"Add one of {', '.join(BOUNDS)}, mustBeBetween.")
    return " AND ".join(bounds)
