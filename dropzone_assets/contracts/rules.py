"""Row rules: each is a name, an SQL condition that is true when a row breaks it, and a sentence for people.

The rules are ODCS `required`, `enum` and `logicalTypeOptions`
(https://bitol-io.github.io/open-data-contract-standard/); a reason is `<column>:<rule>`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from dropzone_assets.engine import literal, quote
from dropzone_assets.errors import BadContract


class Rule(NamedTuple):
    """`broken` is SQL over the typed row; with `{text}` first, a template of the column's own text, NULL if missing."""

    name: str
    broken: str
    sentence: str


class Doubts(NamedTuple):
    """Why a text may have no value, beside not being one of the type.

    `why`: SQL over `{text}` without a value, as a template: the kind, or NULL. `kinds`: kind → what it asks for.
    """

    why: str = "NULL"
    kinds: Mapping[str, str] = {}


NO_DOUBTS = Doubts()

Option = Callable[[str, Any], tuple[str, str]]

OPTIONS: dict[str, Option] = {
    "minimum": lambda c, v: (f"{c} < {v}", f"is at least {v}"),
    "maximum": lambda c, v: (f"{c} > {v}", f"is at most {v}"),
    "exclusiveMinimum": lambda c, v: (f"{c} <= {v}", f"is more than {v}"),
    "exclusiveMaximum": lambda c, v: (f"{c} >= {v}", f"is less than {v}"),
    "multipleOf": lambda c, v: (f"try_cast({c} AS DECIMAL(38, 12)) % {v} <> 0", f"is a multiple of {v}"),
    "minLength": lambda c, v: (f"length({c}) < {v}", f"has at least {v} characters"),
    "maxLength": lambda c, v: (f"length({c}) > {v}", f"has at most {v} characters"),
    "pattern": lambda c, v: (f"NOT regexp_matches({c}, {v})", f"matches {v}"),
    "minItems": lambda c, v: (f"json_array_length({c}) < {v}", f"has at least {v} items"),
    "maxItems": lambda c, v: (f"json_array_length({c}) > {v}", f"has at most {v} items"),
    "minProperties": lambda c, v: (f"len(json_keys({c})) < {v}", f"has at least {v} fields"),
    "maxProperties": lambda c, v: (f"len(json_keys({c})) > {v}", f"has at most {v} fields"),
}
"""Option of `logicalTypeOptions` → what breaks it and what it asks for. `pattern` is found anywhere unless anchored."""

READ_BY_TYPES = ("format", "timezone", "defaultTimezone")
"""Options that say how text becomes a value rather than what the value may be."""


def column_rules(
    name: str,
    kind: str,
    options: Mapping[str, Any],
    *,
    required: bool,
    derived: bool,
    values: Sequence[str],
    accepted: Sequence[Any],
    doubts: Doubts = NO_DOUBTS,
) -> tuple[Rule, ...]:
    """The rules of one column.

    Args:
        values: canonical values of a value map; a text that means none of them breaks `enum`.
        accepted: ODCS `enum` of a column without a value map.
        doubts: kinds of reasons of their own for a text without a value.

    Raises:
        BadContract: an option does not exist.
    """
    column = quote(name)
    rules = []
    if required:
        missing = f"{column} IS NULL" if derived else "{text} IS NULL"
        rules.append(Rule(f"{name}:required", missing, f"{name} has a value"))
    if not derived:
        misread = f"{{text}} IS NOT NULL AND {column.replace('{', '{{').replace('}', '}}')} IS NULL"
        if values:
            rules.append(Rule(f"{name}:enum", misread, f"{name} is one of {', '.join(values)}"))
        elif kind != "VARCHAR":
            rules += _misread(name, kind, misread, doubts)
    if accepted and not values:
        listed = ", ".join(literal(value) for value in accepted)
        rules.append(Rule(f"{name}:enum", f"{column} NOT IN ({listed})", f"{name} is one of {listed}"))
    rules += [_option(name, kind, option, value) for option, value in options.items() if option not in READ_BY_TYPES]
    return tuple(rules)


def _misread(name: str, kind: str, misread: str, doubts: Doubts) -> list[Rule]:
    """A rule for each reason why a text may have no value; which it is, is asked of such texts only."""
    if not doubts.kinds:
        return [Rule(f"{name}:type", misread, f"{name} is {kind}")]
    asked = misread.removeprefix("{text} IS NOT NULL AND ")
    only = "{{text}} IS NOT NULL AND CASE WHEN {} THEN coalesce({}, 'type') = '{}' END"
    sentences = {"type": f"is {kind}", **doubts.kinds}
    return [
        Rule(f"{name}:{each}", only.format(asked, doubts.why, each), f"{name} {sentence}")
        for each, sentence in sentences.items()
    ]


def _option(name: str, kind: str, option: str, value: Any) -> Rule:
    if option not in OPTIONS:
        raise BadContract(f"{name}: the option {option!r} does not exist.", f"Use one of: {', '.join(OPTIONS)}.")
    if not isinstance(value, str | int | float | date):
        raise BadContract(f"{name}: the option {option} is {value!r}.", "Make it one value.")
    # Cast to TIMESTAMP, a bound would lose its offset without a word.
    bound = f"{literal(value)}::TIMESTAMPTZ AT TIME ZONE 'UTC'" if kind == "TIMESTAMP" else literal(value)
    broken, sentence = OPTIONS[option](quote(name), bound)
    return Rule(f"{name}:{option}", broken, f"{name} {sentence}")


TODAY = "_today"
"""A variable of the connection that validates: the day that counts as today, where it is not this one."""


def partition_rule(name: str, first: str) -> Rule:
    """Rows of days before `first` or after tomorrow have no partition: their date is almost surely wrong."""
    column = f"CAST({quote(name)} AS DATE)"
    broken = f"{column} < {literal(first)} OR {column} > coalesce(getvariable('{TODAY}')::DATE, today()) + 1"
    return Rule(f"{name}:partition", broken, f"{name} lies between {first} and tomorrow")
