"""What rows must look like: contracts are loaded, compiled to one SQL statement, and asked which file is theirs.

To add a table, add a YAML file to the contracts folder. To add a kind of rule, add it to `rules`; a kind of type, to
`types`; a kind of quality question, to `quality`.
"""

from dropzone_assets.contracts.by_order import columns_by_order
from dropzone_assets.contracts.compile import (
    ARRIVED,
    DOUBT,
    FILE_INDEX,
    IGNORED,
    RAW,
    REASONS,
    compile_contract,
    compile_evidence,
    halves_of,
    uses_arrival,
)
from dropzone_assets.contracts.folder import ContractsFolder
from dropzone_assets.contracts.lacking import Matched, suspicion
from dropzone_assets.contracts.load import Contracts, load_contract, load_contracts
from dropzone_assets.contracts.match import match_columns, number_names, wanted_names
from dropzone_assets.contracts.model import DATA_DATE, DELIVERY, RECORD, VALIDATED_BY, Column, Contract
from dropzone_assets.contracts.number_texts import AMBIGUOUS, Written
from dropzone_assets.contracts.numbers import Numbers, written
from dropzone_assets.contracts.prove import can_guard
from dropzone_assets.contracts.quality import QualityRule
from dropzone_assets.contracts.recognise import Recognised, recognise
from dropzone_assets.contracts.rules import TODAY
from dropzone_assets.contracts.sentences import RECORD_RULES, demand, sentences
from dropzone_assets.contracts.sla import Expected
from dropzone_assets.contracts.texts import Texts

__all__ = [
    "AMBIGUOUS",
    "ARRIVED",
    "DATA_DATE",
    "DELIVERY",
    "DOUBT",
    "FILE_INDEX",
    "IGNORED",
    "RAW",
    "REASONS",
    "RECORD",
    "RECORD_RULES",
    "TODAY",
    "VALIDATED_BY",
    "Column",
    "Contract",
    "Contracts",
    "ContractsFolder",
    "Expected",
    "Matched",
    "Numbers",
    "QualityRule",
    "Recognised",
    "Texts",
    "Written",
    "can_guard",
    "columns_by_order",
    "compile_contract",
    "compile_evidence",
    "demand",
    "halves_of",
    "load_contract",
    "load_contracts",
    "match_columns",
    "number_names",
    "recognise",
    "sentences",
    "suspicion",
    "uses_arrival",
    "wanted_names",
    "written",
]
