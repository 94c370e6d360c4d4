"""Where files arrive. To add a kind of source: one file beside `folder`, one line in `KINDS`, one test subclass."""

from dropzone_assets.sources.config import SourceConfig, load_sources
from dropzone_assets.sources.credentials import Credentials
from dropzone_assets.sources.receipts import ACCEPTED, REJECTED, Receipts
from dropzone_assets.sources.source import KINDS, Keyed, OnDisk, Source, Sources, open_source
from dropzone_assets.sources.wire.known_hosts import HostKey

__all__ = [
    "ACCEPTED",
    "KINDS",
    "REJECTED",
    "Credentials",
    "HostKey",
    "Keyed",
    "OnDisk",
    "Receipts",
    "Source",
    "SourceConfig",
    "Sources",
    "load_sources",
    "open_source",
]
