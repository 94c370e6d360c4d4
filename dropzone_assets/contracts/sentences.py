"""What a reason means, in words: the rules of a contract, and those of every record."""

import re
from collections.abc import Iterator

from dropzone_assets.contracts.model import Contract
from dropzone_assets.contracts.number_texts import AMBIGUOUS

RECORD_RULES = {
    "record:extra-cell": "a record has as many cells as the header",
    "record:missing-cell": "a record has as many cells as the header",
    "record:quote": "a quoted cell ends with its quote",
    "record:encoding": "text is in the contract's encoding",
    "record:length": "a record is shorter than 2 MB",
}
"""Reasons of records that could not be taken apart."""

JSON_RULES = {
    "record:json": "a record is JSON",
    "record:type": "a record is a JSON object",
    "record:select": "a record is of a kind that some contract selects",
    "record:object": "a record has an object where its fields should be",
}
"""Reasons of JSON records, which come as they are."""

MUST = {" is ": " must be ", " has ": " must have ", " matches ": " must match ", " lies ": " must lie "}
MUST |= {" ends ": " must end "}


def sentences(contract: Contract) -> dict[str, str]:
    """Reason → the rule that a row breaks, as a sentence that is true of a good row."""
    rules = {rule.name: rule.sentence for column in contract.columns for rule in column.rules}
    return rules | dict(_of_columns(contract)) | RECORD_RULES | JSON_RULES


def _of_columns(contract: Contract) -> Iterator[tuple[str, str]]:
    """The reasons of columns that are no rules of theirs."""
    for column in contract.columns:
        name, sql = column.name, column.transform
        if sql:
            yield f"{name}:transform", f"{name} is computed without an error by {sql}; TRY and TRY_CAST give NULL"
        if column.numeric:
            yield f"{name}:{AMBIGUOUS}", f"{name} has the decimal sign of its column; pin `thousands` where it has both"


def demand(sentence: str) -> str:
    """The same sentence as what a row must be."""
    return re.sub("|".join(MUST), lambda found: MUST[found[0]], sentence, count=1)
