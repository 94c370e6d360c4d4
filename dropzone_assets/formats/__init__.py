"""How bytes become rows of text. To add a format: one file beside `csv`, one line in `KINDS`, one test subclass."""

from dropzone_assets.formats.format import (
    HEAD,
    KINDS,
    Content,
    Format,
    Location,
    Reading,
    Scan,
    Span,
    Wanted,
    format_of,
    open_format,
)

__all__ = [
    "HEAD",
    "KINDS",
    "Content",
    "Format",
    "Location",
    "Reading",
    "Scan",
    "Span",
    "Wanted",
    "format_of",
    "open_format",
]
