"""How a file without a contract is read: the options that were found out, and the columns it has."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import Content, format_of, open_format
from dropzone_assets.formats.signature import read_as


class Draft(NamedTuple):
    """The `format` block of a contract, the names of the file's columns, whether each record names its own.

    `how`: for people.
    """

    options: Mapping[str, Any]
    names: Sequence[str]
    named: bool
    how: Mapping[str, str]


@runtime_checkable
class Drafting(Protocol):
    """A reading that finds out more than it needs where a contract says the names."""

    def drafted(self, content: Content) -> Draft:
        """What a contract would say of a file of this reading.

        Raises:
            Refused: there are no columns in it.
        """


def draft_of(name: str, content: Content, pins: Mapping[str, Any]) -> Draft:
    """What a contract would say of a file of this name.

    Args:
        pins: options that are decided, not found out.

    Raises:
        Refused: the file cannot be read, or can be in two ways.
    """
    kind = format_of(name)
    try:
        reading = read_as(open_format(kind, pins), kind, content, (), pinned="encoding" in pins)
        drafted = reading.drafted(content) if isinstance(reading, Drafting) else None
    except Refused as refusal:
        raise Refused(f"{name} {refusal.found}", refusal.cure) from refusal
    if drafted is None:
        return Draft({"kind": kind, **pins}, reading.names, False, reading.described())
    return drafted._replace(options={"kind": kind, **pins, **drafted.options})
