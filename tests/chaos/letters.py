"""Letters: what senders of the small world write, and the three tables it is for."""

import io
import json
import zipfile
from typing import NamedTuple

Line = tuple[str, str, str]
"""Name, day, amount; an amount `?` is quarantined."""


class Letter(NamedTuple):
    """What is in one file: `lines` of payments, or of `members`, or `songs` and `movies`; or nothing readable."""

    lines: tuple[Line, ...] = ()
    members: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    songs: tuple[str, ...] = ()
    movies: tuple[str, ...] = ()
    readable: bool = True

    def content(self, path: str) -> bytes:
        """The bytes, the same for the same letter."""
        if path.endswith(".zip"):
            return _packed(self) if self.readable else b"PK\x03\x04 and then nothing"
        if path.endswith(".json"):
            return _records(self) if self.readable else b'[{"type": "song"'
        return _csv(self.lines) if self.readable else b"nonsense\n1\n"

    def all_lines(self, path: str) -> list[tuple[str, Line]]:
        """The lines of payments with the path of the file that each is in."""
        inside = [(f"{path}!/{name}", line) for name, lines in self.members for line in lines]
        return [*((path, line) for line in self.lines), *inside]


def _csv(lines: tuple[Line, ...]) -> bytes:
    return "".join(f"{line}\n" for line in ("id,at,amount", *map(",".join, lines))).encode()


def _packed(letter: Letter) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, lines in letter.members:
            archive.writestr(zipfile.ZipInfo(name), _csv(lines))
    return buffer.getvalue()


def _records(letter: Letter) -> bytes:
    songs = [{"type": "song", "data": {"title": title}} for title in letter.songs]
    movies = [{"type": "movie", "data": {"title": title}} for title in letter.movies]
    return json.dumps([*songs, *movies]).encode()


_PAYMENTS = """\
apiVersion: v3.2.0
kind: DataContract
id: urn:chaos:payments
name: Payments
version: {version}
status: active
description: {purpose: Payments.}
team: {name: chaos}
customProperties:
  - property: dropzone
    value:
      files: ["payments_%Y%m%d_%H%M%S.csv"]
      format: {kind: csv, delimiter: ",", encoding: utf-8}
      keep: first
      max_quarantine: 1.0
      summary: SELECT count(*) AS payments, sum(amount) AS amount FROM lake
schema:
  - name: payments
    logicalType: object
    properties:
      - {name: id, logicalType: string, primaryKey: true, required: true}
      - {name: at, logicalType: timestamp, partitioned: true, partitionKeyPosition: 1, required: true}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(18,2)", required: true{rule}}
"""

MOST = 8
"""What the stricter contract of payments takes as an amount, at most."""

RULES = {"1.0.0": "", "1.1.0": f", logicalTypeOptions: {{maximum: {MOST}}}"}
"""Version of the contract of payments → its rule for amounts."""

_SHARED = """\
apiVersion: v3.2.0
kind: DataContract
id: urn:chaos:{table}
name: {table}
version: 1.0.0
status: active
description: {{purpose: Titles.}}
team: {{name: chaos}}
customProperties:
  - property: dropzone
    value:
      files: ["bucket_%Y-%m-%d.json"]
      format: {{kind: json, shape: any, select: {{type: {kind}}}, record: data}}
      keep: last
      summary: SELECT title, count(*) AS titles FROM lake GROUP BY ALL ORDER BY ALL
schema:
  - name: {table}
    logicalType: object
    properties:
      - {{name: title, logicalType: string, primaryKey: true, required: true}}
"""


def contracts(version: str = "1.0.0") -> dict[str, str]:
    """Table → its contract, with this one of payments."""
    return {
        "payments": _PAYMENTS.replace("{version}", version).replace("{rule}", RULES[version]),
        "songs": _SHARED.format(table="songs", kind="song"),
        "movies": _SHARED.format(table="movies", kind="movie"),
    }
