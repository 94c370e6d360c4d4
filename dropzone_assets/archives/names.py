"""What the name of a member may be. A clean name is text for people and for recognition, never a path to write to."""

import re
import unicodedata
from typing import NamedTuple

BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks that make a name read otherwise than it is written."""


class Name(NamedTuple):
    """A relative POSIX path, and what is wrong with it; '' when nothing is."""

    path: str
    problem: str


def clean_name(written: str) -> Name:
    """The name as written in the archive, made plain, with the reason why its member must stay where it is.

    Bytes that were no text are expected as lone surrogates (`surrogateescape`).
    """
    parts = [part for part in written.replace("\\", "/").split("/") if part not in ("", ".")]
    problem = _problem(written, parts)
    return Name(_shown(written), problem) if problem else Name("/".join(parts), "")


def _problem(written: str, parts: list[str]) -> str:
    categories = {unicodedata.category(letter) for letter in written}
    if "Cs" in categories:
        return "has a name that cannot be decoded"
    if "Cc" in categories or BIDI.search(written):
        return "has a control character in its name"
    if written.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", written):
        return "has an absolute path as its name"
    if ".." in parts:
        return "has a name that leads out of the archive"
    return "" if parts else "has no name"


def _shown(written: str) -> str:
    """The name with everything that does not print escaped."""
    try:
        text = written.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        text = written.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
