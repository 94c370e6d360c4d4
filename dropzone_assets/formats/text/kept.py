"""A record that could not be read, as it is kept: its text, where that is cut, and which of its bytes are no text."""

import json
from collections.abc import Iterator
from typing import Any

from dropzone_assets.formats.format import HEAD, Content
from dropzone_assets.formats.text.encoding import MARKS, mark_of

KEPT = 10_000
"""Characters of a text that are kept."""

SHOWN = 10
"""Places of bytes that are no text that are named."""


def as_kept(content: Content, encoding: str, start: int, end: int) -> str:
    """JSON of the bytes of a record; those of a long one stay where they are, in the raw file."""
    encoding = MARKS.get(mark_of(content.head(HEAD)), encoding)
    with content.file().open("rb") as file:
        file.seek(start)
        held = file.read(end - start)
    text = held.decode(encoding, "replace").removeprefix("\ufeff").strip("\r\n")
    kept: dict[str, Any] = {"line": text}
    if len(text) > KEPT:
        cut = f"the first {KEPT:,} of {len(text):,} characters; all are in the raw file"
        kept = {"line": text[:KEPT], "cut": cut, "offset": start, "length": end - start}
    if bad := list(_bad(held, encoding, start)):
        kept["no_text"] = bad
    return json.dumps(kept, ensure_ascii=False)


def _bad(held: bytes, encoding: str, start: int) -> Iterator[dict[str, object]]:
    """The first runs of bytes that are no text: where they are in the file, and what they are."""
    at, runs = 0, list[tuple[int, int]]()
    while len(runs) <= SHOWN:
        try:
            held[at:].decode(encoding)
            break
        except UnicodeDecodeError as error:
            first, behind = at + error.start, at + max(error.end, error.start + 1)
            if runs and runs[-1][1] == first:
                runs[-1] = (runs[-1][0], behind)
            else:
                runs.append((first, behind))
            at = behind
    for first, behind in runs[:SHOWN]:
        yield {"offset": start + first, "bytes": held[first:behind].hex(" ")}
