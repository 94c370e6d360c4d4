"""The only door to object stores: local, S3, Azure and GCS by URL. `Store` is ours, `Objects` are somebody else's."""

from dropzone_assets.store.access import Access, AzureAccess, GcsAccess, S3Access, WebAccess
from dropzone_assets.store.objects import Objects
from dropzone_assets.store.store import Store

__all__ = ["Access", "AzureAccess", "GcsAccess", "Objects", "S3Access", "Store", "WebAccess"]
