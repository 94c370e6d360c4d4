"""Where files arrive. To add a kind of source: one file beside `folder`, one line in `KINDS`, one test subclass."""

from dropzone_assets.sources.source import KINDS, Source, SourceConfig, load_sources, open_source

__all__ = ["KINDS", "Source", "SourceConfig", "load_sources", "open_source"]
