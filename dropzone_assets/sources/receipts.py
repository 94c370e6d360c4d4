"""Where a source's senders find receipts, as `sources.yaml` says it."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

ACCEPTED, REJECTED = ".accepted.json", ".rejected.csv"
"""What receipts are called: the name of the file, and one of these."""


class Receipts(BaseModel):
    """`beside` the file, in a `folder` inside the source, or below the `url` of a store; nowhere when all are empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    beside: bool = False
    folder: str = ""
    url: str = ""

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        return {"beside": True} if value == "beside" else value

    @model_validator(mode="after")
    def _one_location(self) -> Self:
        if sum(map(bool, (self.beside, self.folder, self.url))) > 1:
            raise ValueError("receipts go to one place: beside, {folder: …} or {url: …}")
        if self.folder and {"", ".", ".."} & {*self.folder.removesuffix("/").split("/")}:
            raise ValueError("`folder` is the plain name of a folder inside the source")
        return self

    def __bool__(self) -> bool:
        """Whether there are any."""
        return self.at_source or bool(self.url)

    @property
    def at_source(self) -> bool:
        """Whether the source itself holds them."""
        return self.beside or bool(self.folder)
