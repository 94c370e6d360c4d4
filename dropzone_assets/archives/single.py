"""One file, compressed: `orders.csv.gz` and its like. Its member is called as the file is, without the ending."""

from collections.abc import Iterator
from typing import ClassVar

from dropzone_assets.archives import codecs
from dropzone_assets.archives.archive import without_ending
from dropzone_assets.archives.kind import Entry, Packed, read_in_chunks


class Single:
    """A compressed file as an archive of one. A name inside it, as gzip keeps one, is not looked at."""

    codec: ClassVar[codecs.Codec]

    def __init__(self, packed: Packed) -> None:
        self._packed = packed

    def entries(self) -> Iterator[Entry]:
        """The one member."""
        yield Entry(without_ending(self._packed.name), "", self._plain)

    def _plain(self) -> Iterator[bytes]:
        packed = self._packed
        return packed.meter.watch(codecs.unpack(read_in_chunks(packed), type(self).codec, packed.name))


class Gzip(Single):
    """`.gz`."""

    codec = staticmethod(codecs.gzip)


class Bzip2(Single):
    """`.bz2`."""

    codec = staticmethod(codecs.bzip2)


class Xz(Single):
    """`.xz`."""

    codec = staticmethod(codecs.xz)


class Zstd(Single):
    """`.zst`."""

    codec = staticmethod(codecs.zstd)
