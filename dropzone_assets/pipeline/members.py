"""Members: an archive of the raw zone, opened within the bounds of its source."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from dropzone_assets.archives import Member, open_archive
from dropzone_assets.errors import Refused
from dropzone_assets.files import INSIDE, Delivery, RawFile
from dropzone_assets.pipeline.content import RawContent
from dropzone_assets.platform import Platform
from dropzone_assets.sources import Credentials, SourceConfig


@contextmanager
def members_of(platform: Platform, archive: Delivery) -> Iterator[Iterator[tuple[Member, BinaryIO | None]]]:
    """Each member of an archive with its bytes, or with what is wrong with it.

    Raises:
        Refused: it cannot be opened, or its bounds forbid it.
    """
    config = platform.configs.get(archive.source) or SourceConfig(name="gone", url=".")
    if archive.path.count(INSIDE) >= config.archives.depth:
        cure = f"Raise `archives: depth` (now {config.archives.depth}) of {archive.source} in sources.yaml."
        raise Refused(f"{archive.path} is an archive too deep inside others.", cure)
    password = Credentials(config.credentials, platform.settings.secret)("archive_password")
    content = RawContent(platform, RawFile(archive, platform.raw.uri(archive.raw_path)))
    with open_archive(content.file(), PurePosixPath(archive.path).name, config.archives, password) as members:
        yield members
