"""The only door to object stores: local, S3, Azure and GCS by URL. `Store` is ours, `Objects` are somebody else's."""

from typing import TYPE_CHECKING

from dropzone_assets.store.access import Access, AzureAccess, GcsAccess, S3Access, WebAccess
from dropzone_assets.store.store import Store
from dropzone_assets.store.writing import Writing

if TYPE_CHECKING:
    from dropzone_assets.store.objects import Objects

__all__ = ["Access", "AzureAccess", "GcsAccess", "Objects", "S3Access", "Store", "WebAccess", "Writing"]


def __getattr__(name: str) -> object:
    """`Objects`, once it is asked for: it needs drivers that a platform in local folders does not."""
    if name != "Objects":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dropzone_assets.store.objects import Objects

    return Objects
