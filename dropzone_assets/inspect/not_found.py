"""Not found: where a file was looked for that the ledger does not know, and what may keep it away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dropzone_assets.engine import Connection, connect
from dropzone_assets.files import name_of
from dropzone_assets.pipeline.list_source import left_out
from dropzone_assets.platform import Platform
from dropzone_assets.sources import SourceConfig

NEAR = 5
"""Names like the one asked for that are shown."""


@dataclass(frozen=True)
class Looked:
    """A source, its last look (None: never), and why a file of that name would be left out there, if so."""

    source: str
    url: str
    looked_at: datetime | None
    seen: int
    problem: str
    left_out: str
    on_disk: bool


@dataclass(frozen=True)
class Sighted:
    """A file that was seen and has not settled yet."""

    source: str
    path: str
    first_seen: datetime
    settle_seconds: float


@dataclass(frozen=True)
class NotFound:
    """All that can be said of a file that was never listed as finished."""

    looks: Sequence[Looked]
    sighted: Sequence[Sighted]
    near: Sequence[str]


def explain_not_found(platform: Platform, text: str, source: str = "") -> NotFound:
    """Where a file was looked for, whether it is still written to, and names like its own."""
    last = platform.ledger.listings.last()
    with connect() as connection:
        looks = [
            _looked(platform, connection, config, last.get(config.name), text)
            for config in platform.configs.values()
            if source in ("", config.name)
        ]
    sighted = [
        Sighted(row.source, row.path, row.first_seen, _settle(platform, row.source))
        for row in platform.ledger.search.sighted(text)
        if source in ("", row.source)
    ]
    return NotFound(looks, sighted, _near(platform, name_of(text)))


def _looked(platform: Platform, connection: Connection, config: SourceConfig, look: Any, text: str) -> Looked:
    at, seen, problem = (look.looked_at, look.seen, look.problem) if look else (None, 0, "")
    why, there = left_out(connection, config, text), _on_disk(platform, config, text)
    return Looked(config.name, config.url or ", ".join(config.urls), at, seen, problem, why, there)


def _on_disk(platform: Platform, config: SourceConfig, text: str) -> bool:
    """Whether a file of that name is in a local folder now."""
    if config.kind != "folder":
        return False
    root = (platform.settings.home / config.url).resolve()
    try:
        locations = [root / text, Path(text).absolute()]
        return any(location.resolve().is_relative_to(root) and location.is_file() for location in locations)
    except (OSError, ValueError):  # no name that a disk would take
        return False


def _settle(platform: Platform, source: str) -> float:
    config = platform.configs.get(source)
    return config.settle_seconds if config else 0.0


def _near(platform: Platform, name: str) -> list[str]:
    """Names like this one, whatever their capitals."""
    found = {each.lower(): each for each in platform.ledger.search.near(name)}
    return [found[each] for each in get_close_matches(name.lower(), list(found), NEAR, 0.7)]
