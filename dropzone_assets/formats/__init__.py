"""How bytes become rows of text. To add a format: one file beside `csv`, one line in `KINDS`, one test subclass."""

from dropzone_assets.formats.draft import Draft, draft_of
from dropzone_assets.formats.format import (
    HEAD,
    KINDS,
    Content,
    Counted,
    Format,
    Location,
    Reading,
    Scan,
    Span,
    Wanted,
    format_of,
    open_format,
)
from dropzone_assets.formats.signature import read_as

__all__ = [
    "HEAD",
    "KINDS",
    "Content",
    "Counted",
    "Draft",
    "Format",
    "Location",
    "Reading",
    "Scan",
    "Span",
    "Wanted",
    "draft_of",
    "format_of",
    "open_format",
    "read_as",
]
