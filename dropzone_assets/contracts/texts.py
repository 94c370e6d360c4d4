"""What a contract's statement stands on: a relation of texts, and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dropzone_assets.contracts.lacking import Matched
from dropzone_assets.contracts.number_texts import Written


@dataclass(frozen=True)
class Texts:
    """The records of some files as texts.

    Attributes:
        relation: a query with `file_index` and the text columns `c0`, `c1` …
        matched: for each physical column the text columns it comes from.
        raw, extra_columns: SQL for the whole record, and for the columns the contract does not know, as JSON.
        fault: SQL for why a record cannot be taken apart; no rule is asked of it then. Empty where none can be.
        ignored: SQL for whether a record belongs to another table. Empty where none does.
        tidy: whether no text ends with a blank but a space.
        ordered: whether `relation` has the columns of `columns_by_order`.
        written: how the numbers of each physical column are written; empty: as machines do.
        typed: the start of the names of columns that say of a cell whether it held a number; empty where none do.
        flaws: kinds of cells without a value to validate → SQL for the numbers of the text columns that have one.
    """

    relation: str
    matched: Matched
    raw: str = "''"
    extra_columns: str = "NULL::JSON"
    fault: str = ""
    ignored: str = ""
    tidy: bool = False
    ordered: bool = False
    written: Sequence[Written] = ()
    typed: str = ""
    flaws: Mapping[str, str] = field(default_factory=dict)
