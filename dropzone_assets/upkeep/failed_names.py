"""Failed names: what a failure is called in its folder, whatever its sender called it, and what is beside it."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from dropzone_assets.files import name_of
from dropzone_assets.inspect.delivery_status import Trouble
from dropzone_assets.pipeline.plan import replay_of
from dropzone_assets.pipeline.unpublished import Unpublished

LONGEST = 150
"""Bytes of a sender's name that are kept: with the rest, below the 255 that file systems take."""

SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")

WHY = ".why.txt"

OURS = re.compile(r"-[0-9a-f]{8}(\.[a-z0-9]{1,10})?(\.why\.txt)?$|^\.[0-9a-f]{32}$")
"""How the names that are given here end, and those of half-made ones."""


def safe_name(path: str, key: str) -> str:
    """A plain name for a file, told from its namesakes by its key, with no letter that leads anywhere."""
    name = "".join(letter if _plain(letter) else "_" for letter in name_of(path)).lstrip(". ")
    suffix = PurePosixPath(name).suffix.lower()
    suffix = suffix if SUFFIX.fullmatch(suffix) else ""
    stem = name[: len(name) - len(suffix)].encode()[:LONGEST].decode(errors="ignore")
    return f"{stem or 'file'}-{key[:8]}{suffix}"


def note_of(trouble: Trouble) -> str:
    """What a person reads beside the file: where it came from, what was wrong, what to do."""
    lines = {
        "source": trouble.source,
        "path": trouble.file,
        "version": trouble.version,
        "delivery": trouble.key,
        "table": trouble.table or "none",
        "failed at": _moment(trouble.since),
        "stage": trouble.stage,
        "reason": trouble.reason,
        "what to do": trouble.cure,
        "then run": replay_of(trouble.table),
        "its story": f"dropzone explain {trouble.key}",
    }
    return _note(lines)


def note_of_partition(one: Unpublished) -> str:
    """What a person reads of a partition that is not there yet: it is tried again by itself."""
    return _note(
        {
            "partition": f"{one.layer}/{one.table} {one.day}",
            "since": _moment(one.since),
            "tried": f"{one.times:,} time{'s' * (one.times != 1)}, last at {_moment(one.tried)}",
            "stage": "upload",
            "reason": one.reason,
            "what to do": one.cure,
            "then": "nothing: it is tried again by itself, or at once by dropzone ingest",
        }
    )


def _note(lines: Mapping[str, str]) -> str:
    return "".join(f"{name + ':':12}{printable(said)}\n" for name, said in lines.items() if said)


def printable(text: str) -> str:
    """A text on one line: what cannot be printed is written as Python would."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


def _plain(letter: str) -> bool:
    return letter == " " or (letter not in '/\\:*?"<>|' and unicodedata.category(letter)[0] in "LNPSM")
