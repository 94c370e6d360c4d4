"""How one file becomes many. To add a kind: one file beside `single`, one line in `KINDS`, one test subclass."""

from dropzone_assets.archives.archive import KINDS, Member, is_archive, open_archive
from dropzone_assets.archives.bounds import Bounds

__all__ = ["KINDS", "Bounds", "Member", "is_archive", "open_archive"]
