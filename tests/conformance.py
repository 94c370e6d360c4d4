"""Which sibling keeps which promise, read off the case classes; `python -m tests.conformance` writes the page."""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from tests.cases.archives import ArchiveCases
from tests.cases.formats import FormatCases
from tests.cases.sources import SourceCases

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "conformance.md"

KEPT, PART, OWN = "✓", "◐", "◇"

HEAD = """# Conformance

Every source, format and archive is tested against the promises of its family, sources against real servers. This page
is written from those tests: `python -m tests.conformance`. A test fails when it is out of date.

✓ kept · ◐ kept, except as the note says · ◇ tested in a way of its own · — not kept, for the reason in the note
"""


class Family(NamedTuple):
    """What siblings are called together, their cases, and the folders of their tests."""

    title: str
    cases: type
    folders: tuple[str, ...]


FAMILIES = (
    Family("Sources", SourceCases, ("sources", "s3", "azure", "gcs", "remote")),
    Family("Formats", FormatCases, ("formats",)),
    Family("Archives", ArchiveCases, ("archives",)),
)


def promises(cases: type) -> dict[str, str]:
    """Name of each test of a family → the sentence it states, in the order of the file."""
    names = [name for name in vars(cases) if name.startswith("test_")]
    return {name: name.removeprefix("test_").replace("_", " ") for name in names}


def siblings(family: Family) -> dict[str, type]:
    """The classes that are run against the cases, by the names people know."""
    for folder in family.folders:
        for file in sorted((ROOT / "tests" / folder).glob("test_*.py")):
            if _mentions(file):
                import_module(f"tests.{folder}.{file.stem}")
    found = {sub.__name__.removeprefix("Test"): sub for sub in _leaves(family.cases)}
    return dict(sorted(found.items()))


def table(family: Family) -> str:
    """One row a promise, one column a sibling, and the reasons below."""
    columns, notes = siblings(family), dict[str, int]()
    lines = [f"| promise | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for name, sentence in promises(family.cases).items():
        cells = [_cell(family, sibling, name, notes) for sibling in columns.values()]
        lines.append(f"| {sentence} | {' | '.join(cells)} |")
    reasons = [f"{number}. {reason}" for reason, number in notes.items()]
    return "\n".join([f"## {family.title}", "", *lines, "", *reasons]).rstrip()


def page() -> str:
    """The whole page."""
    return "\n\n".join([HEAD.rstrip(), *map(table, FAMILIES)]) + "\n"


def _cell(family: Family, sibling: type, name: str, notes: dict[str, int]) -> str:
    exceptions: Mapping[str, str] = getattr(sibling, "exceptions", {})
    partly = [reason for declared, reason in exceptions.items() if declared.startswith(f"{name}[")]
    if name in exceptions:
        return f"— {_note(exceptions[name], notes)}"
    if partly:
        return f"{PART} {' '.join(_note(reason, notes) for reason in dict.fromkeys(partly))}"
    return KEPT if getattr(sibling, name) is getattr(family.cases, name) else OWN


def _note(reason: str, notes: dict[str, int]) -> str:
    return f"<sup>{notes.setdefault(reason, len(notes) + 1)}</sup>"


def _leaves(cases: type) -> Iterator[type]:
    """The classes pytest collects: those whose names begin with Test."""
    for sub in cases.__subclasses__():
        if sub.__name__.startswith("Test"):
            yield sub
        yield from _leaves(sub)


def _mentions(file: Path) -> bool:
    """Whether the module has a class of cases, so that no other is imported."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return any(node.name.startswith("Test") and node.bases for node in classes)


def unknown(family: Family) -> list[tuple[str, str]]:
    """Exceptions declared for promises that do not exist: a gap nobody would see."""
    known = promises(family.cases)
    return [
        (sibling, declared)
        for sibling, found in siblings(family).items()
        for declared in getattr(found, "exceptions", {})
        if not hasattr(found, declared.split("[")[0]) and declared not in known
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
