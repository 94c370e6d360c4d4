"""What FTP servers say about the files of a folder: the one form with a standard (MLSD), and the two without (LIST)."""

import re
from typing import Literal, NamedTuple

UNIX = re.compile(
    rb"(?P<kind>[-dlpscbD])[-rwxsStTlL]{9}\S*\s+\d+\s+\S+(?:\s+\S+)?\s+(?P<size>\d+)\s+"
    rb"(?P<stamp>(?:[A-Za-z]{3}\s+\d{1,2}|\d{1,2}\s+[A-Za-z]{3}|\d{4}-\d\d-\d\d)\s+(?:\d{1,2}:\d\d|\d{4})) "
    rb"(?P<name>.+)",
    re.DOTALL,
)
DOS = re.compile(
    rb"(?P<stamp>\d\d-\d\d-\d\d(?:\d\d)?\s+\d\d:\d\d(?:[AP]M)?)\s+"
    rb"(?:(?P<folder><\w+>)\s{10}|(?P<size>\d+) )(?P<name>.+)",
    re.DOTALL,
)
NOTHING = re.compile(rb"total \d+|")


class Line(NamedTuple):
    """One name. `time` is that of the last change, empty where only asking for it tells the second of the `stamp`."""

    name: bytes
    kind: Literal["file", "folder", "other"]
    size: int
    time: str = ""
    stamp: bytes = b""


def facts(line: bytes) -> Line | None:
    """A line of MLSD or MLST (RFC 3659); None for a folder's own name and that of the one above."""
    said, _, name = line.partition(b" ")
    found = dict(fact.split("=", 1) for fact in said.decode("latin-1").lower().split(";") if "=" in fact)
    kind = found.get("type", "")
    if kind in ("cdir", "pdir"):
        return None
    size = int(found.get("size", "0"))
    if kind == "dir":
        return Line(name, "folder", size, found.get("modify", ""))
    return Line(name, "file" if kind == "file" else "other", size, found.get("modify", ""))


def listed(line: bytes) -> Line | None:
    """A line of LIST, as Unix or Windows servers write it; None where it names no file.

    Raises:
        ValueError: it is neither.
    """
    if NOTHING.fullmatch(line):
        return None
    if found := DOS.fullmatch(line):
        return Line(
            found["name"], "folder" if found["folder"] else "file", int(found["size"] or 0), stamp=found["stamp"]
        )
    if not (found := UNIX.fullmatch(line)):
        raise ValueError(f"a listing holds the line {line.decode('utf-8', 'backslashreplace')!r}")
    if found["name"] in (b".", b".."):
        return None
    if found["kind"] == b"l":
        return Line(found["name"].partition(b" -> ")[0], "other", 0)
    kind: Literal["file", "folder", "other"] = "file" if found["kind"] == b"-" else "other"
    return Line(found["name"], "folder" if found["kind"] == b"d" else kind, int(found["size"]), stamp=found["stamp"])
