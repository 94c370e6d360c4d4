"""Tar archives, plain or compressed, read once from front to back."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

from dropzone_assets.archives import codecs, refusals
from dropzone_assets.archives.kind import CHUNK, Entry, Packed, read_in_chunks
from dropzone_assets.archives.stream import as_file

HEADER = 1024 * 1024
"""Bytes that the long name or the attributes of one member may take: they are held in memory."""

LONG = {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK}


class Header(tarfile.TarInfo):
    """A header that is read within limits, and that tells its tape when it is the mark of the end."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "Header":
        """The header in one block."""
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in LONG and header.size > HEADER):
            raise tarfile.ReadError(f"a header of {header.size} bytes")
        return header

    @classmethod
    def fromtarfile(cls, tarfile: "Tape") -> "Header":  # type: ignore[override]
        """The next header of the tape."""
        try:
            return super().fromtarfile(tarfile)
        except _END:
            tarfile.ended = True
            raise


class Tape(tarfile.TarFile):
    """A tar that knows whether it was read to its end; Python's own takes any broken header for it."""

    tarinfo = Header
    ended = False


_END = tarfile.EOFHeaderError  # type: ignore[attr-defined]


class Tar:
    """`.tar`."""

    codec: ClassVar[codecs.Codec | None] = None

    def __init__(self, packed: Packed) -> None:
        self._packed = packed

    def entries(self) -> Iterator[Entry]:
        """Every entry; links, devices and sparse files have a problem."""
        whole = as_file(self._plain())
        with self._reading(self._packed.name):
            tape = Tape.open(self._packed.name, mode="r|", fileobj=whole, bufsize=CHUNK, encoding="utf-8")
        with tape:
            while (header := self._next(tape)) is not None:
                yield Entry(header.name, _problem(header), partial(self._chunks, tape, header), header.isdir())
            self._finish(tape)

    def _plain(self) -> Iterator[bytes]:
        plain, codec = read_in_chunks(self._packed), type(self).codec
        if codec is not None:
            plain = codecs.unpack(plain, codec, self._packed.name)
        return self._packed.meter.watch(plain)

    def _next(self, tape: Tape) -> tarfile.TarInfo | None:
        with self._reading(self._packed.name):
            header = tape.next()
            tape.members.clear()  # type: ignore[attr-defined]
        if header is None and not tape.ended:
            raise refusals.cut(self._packed.name, "it stops before the mark of its end, or has a broken header")
        return header

    def _finish(self, tape: Tape) -> None:
        """Read on behind the mark of the end, where a checksum may be; only zeros may be there."""
        with self._reading(self._packed.name):
            while tape.fileobj and (rest := tape.fileobj.read(CHUNK)):
                if rest.strip(b"\0"):
                    raise refusals.damaged(self._packed.name, "something follows the mark of its end")

    def _chunks(self, tape: Tape, header: tarfile.TarInfo) -> Iterator[bytes]:
        what = f"{self._packed.name}: {header.name}"
        with self._reading(what):
            content = tape.extractfile(header)
        while content is not None:
            with self._reading(what):
                chunk = content.read(CHUNK)
            if not chunk:
                return
            yield chunk

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            yield
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            if any(word in str(error) for word in ("unexpected end", "empty", "truncated")):
                raise refusals.cut(what, str(error)) from error
            raise refusals.damaged(what, str(error)) from error


def _problem(header: tarfile.TarInfo) -> str:
    if header.issym() or header.islnk():
        return "is a link"
    if header.issparse():
        return "is a sparse file"
    return "" if header.isreg() or header.isdir() else "is a device or a special file"


class TarGzip(Tar):
    """`.tar.gz` and `.tgz`."""

    codec = staticmethod(codecs.gzip)


class TarBzip2(Tar):
    """`.tar.bz2` and `.tbz2`."""

    codec = staticmethod(codecs.bzip2)


class TarXz(Tar):
    """`.tar.xz` and `.txz`."""

    codec = staticmethod(codecs.xz)


class TarZstd(Tar):
    """`.tar.zst`."""

    codec = staticmethod(codecs.zstd)
