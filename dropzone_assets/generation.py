"""Generations, by which the stores of a home know each other, and the format that a home is written in."""

from typing import Literal, NamedTuple, Self
from uuid import uuid4

from dropzone_assets.errors import NewerHome

FORMAT = 1
"""How homes are written now. Raise it when an older program would do harm to what this one writes."""

Side = Literal["", "store", "ledger"]
"""Who lacks something: nobody, the store, or the ledger."""


class Generation(NamedTuple):
    """The state of a store after one of its commits: the number of that commit, and a token no other commit has."""

    number: int
    token: str

    @classmethod
    def read(cls, text: str | None) -> Self | None:
        """A generation as it is written; None where none is."""
        number, _, token = (text or "").partition(".")
        return cls(int(number), token) if token else None

    def __str__(self) -> str:
        return f"{self.number}.{self.token}"


class Heard(NamedTuple):
    """What the ledger knows of a store: the generation it was told of last, and the one that was to come next."""

    last: Generation | None
    coming: Generation | None

    @property
    def number(self) -> int:
        """The number of the newest of the two; 0 where there is none."""
        return max((each.number for each in self if each), default=0)

    def behind(self, held: Generation | None) -> Side:
        """Who is an older copy, when the store holds this generation.

        A store that holds what was to come next was changed by a process that died before it could say so: what it
        did is done again, and nobody is behind.
        """
        if held in self:
            return ""
        return "ledger" if held and held.number > self.number else "store"

    def next(self, held: Generation | None) -> Generation:
        """The generation after this one."""
        return Generation(1 + max(self.number, held.number if held else 0), uuid4().hex[:12])


def demand_known(format_: str | None, where: str) -> None:
    """A home of a newer format is left alone.

    Args:
        format_: as it is written in the home; None in one of a time when none was.
        where: the file or database that says so.

    Raises:
        NewerHome: this program does not know the format.
    """
    if int(format_ or 0) > FORMAT:
        raise NewerHome(
            "This home was written by a newer Dropzone Assets: "
            f"{where} has format {format_}, and this program knows {FORMAT}.",
            "Upgrade it: pip install -U dropzone-assets.",
        )
