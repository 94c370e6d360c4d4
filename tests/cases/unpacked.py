"""An archive unpacked as an ingest does it: member after member, each failing alone."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dropzone_assets.archives import Bounds, open_archive
from dropzone_assets.errors import Refused


@dataclass
class Unpacked:
    """What came out of an archive."""

    read: list[tuple[str, bytes]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    failed: dict[str, Refused] = field(default_factory=dict)
    refused: Refused | None = None
    taken: int = 0


def unpack(
    folder: Path,
    name: str,
    packed: bytes,
    bounds: Bounds | None = None,
    password: str = "",
    *,
    only: str = "",
    between: Callable[[], object] = lambda: None,
) -> Unpacked:
    """The archive's members; of `only` one, when it is named."""
    file, unpacked = folder / name, Unpacked()
    file.write_bytes(packed)
    try:
        with open_archive(file, name, bounds or Bounds(), password) as members:
            for member, stream in members:
                between()
                if stream is None:
                    unpacked.problems[member.path] = member.problem
                    continue
                if only and member.path != only:
                    continue
                try:
                    content = b""
                    while chunk := stream.read(65_536):
                        unpacked.taken += len(chunk)
                        content += chunk
                    unpacked.read.append((member.path, content))
                except Refused as error:
                    unpacked.failed[member.path] = error
    except Refused as error:
        unpacked.refused = error
    return unpacked
