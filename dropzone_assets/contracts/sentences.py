"""What a reason means, in words: the rules of a contract, and those of every record."""

import re

from dropzone_assets.contracts.model import Contract

RECORD_RULES = {
    "record:extra-cell": "a record has as many cells as the header",
    "record:missing-cell": "a record has as many cells as the header",
    "record:quote": "a quoted cell ends with its quote",
    "record:encoding": "text is in the contract's encoding",
    "record:length": "a record is shorter than 2 MB",
}
"""Reasons that no column of the contract gives."""

MUST = {" is ": " must be ", " has ": " must have ", " matches ": " must match ", " lies ": " must lie "}
MUST |= {" ends ": " must end "}


def sentences(contract: Contract) -> dict[str, str]:
    """Reason → the rule that a row breaks, as a sentence that is true of a good row."""
    return {rule.name: rule.sentence for column in contract.columns for rule in column.rules} | RECORD_RULES


def demand(sentence: str) -> str:
    """The same sentence as what a row must be."""
    return re.sub("|".join(MUST), lambda found: MUST[found[0]], sentence, count=1)
