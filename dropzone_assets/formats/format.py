"""What a format is: names of columns from a file's head, and one SQL relation of text over many files."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from dropzone_assets.engine import Connection
from dropzone_assets.errors import BadContract

KINDS = {
    "csv": "dropzone_assets.formats.csv:Csv",
    "json": "dropzone_assets.formats.json:Json",
}

HEAD = 65_536
"""Bytes of a file a format may look at to learn its columns."""


class Format(Protocol):
    """One way of writing rows into bytes, with its options from the contract.

    A relation has the columns `file_index` (position in the list of files), `c0`, `c1` … (text, NULL where the file
    has nothing) in the order of the names, and what `raw` and `rest` need.
    """

    def names(self, head: bytes, wanted: Sequence[str]) -> tuple[str, ...]:
        """The columns of a file that starts with `head`; `wanted` for formats whose records name their own.

        Raises:
            Refused: the file has none.
        """

    def unreadable(self, connection: Connection, uris: Sequence[str]) -> dict[int, str]:
        """Files that hold no rows at all, by index, with the reason; readies the others for `relation`."""

    def relation(self, uris: Sequence[str], names: Sequence[str]) -> str:
        """The rows of the files as one SQL query, in the order of the files and of the rows in each."""

    def raw(self, names: Sequence[str]) -> str:
        """SQL: the whole record as JSON text, as it came."""

    def rest(self, names: Sequence[str], known: Sequence[int]) -> str:
        """SQL: as JSON text, what the record has beside the columns numbered `known`; NULL when nothing."""

    def broken(self, connection: Connection) -> str:
        """SQL: records without structure, as (file_index, record, reason, raw); empty text when none is possible."""


def open_format(kind: str, options: Mapping[str, Any]) -> Format:
    """The format a contract names.

    Raises:
        BadContract: no such format, or it has no such option.
    """
    if kind not in KINDS:
        raise BadContract(f"the format {kind!r} does not exist.", f"Use one of: {', '.join(KINDS)}.")
    module, name = KINDS[kind].split(":")
    try:
        return cast(Format, getattr(import_module(module), name)(**options))
    except (TypeError, ValueError) as error:
        raise BadContract(f"format {kind}: {error}", "Correct the options under `format`.") from error
