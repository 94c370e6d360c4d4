"""JSON: documents that hold records, or one record a line (NDJSON); the contract pins which, or the file proves it."""

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from dropzone_assets.errors import Refused
from dropzone_assets.formats.format import HEAD, Content
from dropzone_assets.formats.records.documents import Documents
from dropzone_assets.formats.records.elements import leads_to
from dropzone_assets.formats.records.lines import Lines
from dropzone_assets.formats.records.records import Records, Selection

HEADS = (HEAD, 1 << 20, 1 << 24)
"""How much of a file is read, step by step, to find its first line break; beyond that it is one document."""


class Json(BaseModel):
    """How records are written in JSON. A path is keys with dots between them.

    `records` leads to the records of a document (empty: the root), or `root` lists paths of which a file has one.
    `shape` is what stands there: an `array` of records, an `object` that is one record, or `any` of the two. `lines` is
    one record a line; where it is not said, a file is read so when its first line is a whole document and more follows.
    `select` keeps the records that have one of some values at each path, `others` are the values that belong to
    somebody else (empty: all), and the fields are below `record` (empty: the record itself). `lenient` takes `NaN` and
    `Infinity` for no value, and minds no comma too many.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    records: str = ""
    root: tuple[str, ...] = ()
    shape: Literal["array", "object", "any"] = "array"
    lines: bool | None = None
    select: Selection = ()
    others: tuple[str, ...] = ()
    record: str = ""
    lenient: bool = False

    @field_validator("select", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        """One value or a list of them, each as JSON writes it."""
        if not isinstance(value, Mapping):
            raise ValueError("`select` is a path and the value it leads to, such as {type: song}")
        return tuple((str(path), _values(values)) for path, values in value.items())

    @field_validator("others", "root", mode="before")
    @classmethod
    def _other_texts(cls, value: object) -> object:
        return _values(value)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.root and self.records:
            raise ValueError("`root` is a list of what `records` is one of: keep one of the two")
        if self.lines and (self.records or self.root):
            raise ValueError("`records` leads into a document; with `lines` each line is a record")
        if self.others and len(self.select) != 1:
            raise ValueError("`others` needs one path under `select`")
        return self

    def reading(self, content: Content, wanted: Sequence[str]) -> Records:
        """Records name their own fields, so the names are those the contract wants."""
        head = content.head(HEAD)
        encoding = "utf-16" if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8"
        if len(head) < HEAD and not _text(head, encoding):
            raise Refused("is empty: there is no JSON in it.", "Ask the sender for the file again.")
        own = (tuple(wanted), encoding, self.select, self.others, self.record, self.lenient)
        records = self.records or self._root(content, encoding)
        lines = not records and _are_lines(content, encoding) if self.lines is None else self.lines
        return Lines(*own, mixed=_mixed(head)) if lines else Documents(*own, records=records, shape=self.shape)

    def _root(self, content: Content, encoding: str) -> str:
        """Which of the paths under `root` leads to the records of this file; the first where none does."""
        for length in HEADS if self.root else ():
            head = content.head(length)
            found = [path for path in self.root if leads_to(_text(head, encoding), path)]
            if len(found) > 1:
                raise Refused(
                    f"has {' and '.join(found)}; only one of them can hold its records.", "Keep one in `root`."
                )
            if found or len(head) < length:
                return (found or self.root)[0]
        return self.root[0] if self.root else ""


def _values(values: object) -> tuple[str, ...]:
    many = values if isinstance(values, list | tuple) else [values]
    return tuple(each if isinstance(each, str) else json.dumps(each) for each in many)


def _text(head: bytes, encoding: str) -> str:
    return head.decode(encoding, "replace").removeprefix("\ufeff").lstrip()


def _are_lines(content: Content, encoding: str) -> bool:
    """Whether the first line is a whole document and another follows."""
    for length in HEADS:
        head = content.head(length)
        first, *others = re.split("[\r\n]+", _text(head, encoding), maxsplit=1)
        if any(line.strip() for line in others):
            return _is_document(first)
        if len(head) < length:
            return False
    return False


def _is_document(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _mixed(head: bytes) -> bool:
    """Whether line ends are of several kinds, which DuckDB does not read."""
    both, whole = head.count(b"\r\n"), head.removesuffix(b"\r")
    return sum(bool(n) for n in (both, whole.count(b"\r") - both, whole.count(b"\n") - both)) > 1
