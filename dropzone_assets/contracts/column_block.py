"""The dropzone block of a column, read and held against what the column is."""

from open_data_contract_standard.model import SchemaProperty
from pydantic import ValidationError

from dropzone_assets.contracts.extension import ColumnBlock, block
from dropzone_assets.contracts.transforms import OWN_TEXT
from dropzone_assets.errors import BadContract


def own_block(name: str, prop: SchemaProperty) -> ColumnBlock:
    """The block of a column.

    Raises:
        BadContract: something in it is none of its fields.
    """
    try:
        return ColumnBlock.model_validate(block(prop.customProperties))
    except ValidationError as error:
        found = f"the dropzone block of {name}: {first_of(error)}"
        raise BadContract(found, "docs/contracts.md lists its fields.") from error


def demand_text(name: str, logical: str, own: ColumnBlock, *, derived: bool) -> None:
    """What says how a text is read needs a text, and one of the right kind.

    Raises:
        BadContract: it has none.
    """
    if own.values and logical != "string":
        raise BadContract(f"{name}: a value map needs logicalType string.", "Change the type or drop the map.")
    if own.number and logical not in ("integer", "number"):
        raise BadContract(f"{name}: `number` needs logicalType integer or number.", "Change the type or drop it.")
    if derived and (own.number or own.missing is not None):
        raise BadContract(
            f"{name} is computed of other columns, so it has no text for `number` or `missing`.",
            f"Name {name} or `{OWN_TEXT}` in its transformLogic if the file has it, or drop them.",
        )


def first_of(error: ValidationError) -> str:
    """The first of the faults that were found: where, and what."""
    details = error.errors()[0]
    return f"{'.'.join(map(str, details['loc'])) or 'the document'}: {details['msg']}"
