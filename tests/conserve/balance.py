"""Whether what came of a file has every word of it, as often as the file has it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from tests.conserve.words import at_most, in_bytes, in_texts


class Outcome(NamedTuple):
    """What became of one file: refused as a whole, or its valid rows, and its quarantined ones as they came.

    `skipped`: text that was said to be no record, a title above the header and the like.
    """

    refused: str
    rows: list[tuple[Any, ...]]
    quarantined: list[str]
    skipped: str = ""


def unbalanced(content: bytes, outcome: Outcome) -> list[str]:
    """What is wrong: words that are nowhere, and words that come out more often than they went in."""
    if outcome.refused:
        return []
    out = in_texts(_cells(outcome.rows)) + in_texts(outcome.quarantined)
    lost = in_bytes(content) - in_texts([outcome.skipped]) - out
    more = out - at_most(content)
    return [*_said("is lost", lost), *_said("came out more often than it went in", more)]


def _cells(rows: Iterable[tuple[Any, ...]]) -> Iterable[Any]:
    return (cell for row in rows for cell in row if cell is not None)


def _said(what: str, found: Counter[str]) -> list[str]:
    return [f"{word} {what}" for word in sorted(found)]
