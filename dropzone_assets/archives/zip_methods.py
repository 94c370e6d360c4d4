"""The compression methods a zip member may use (APPNOTE.TXT 4.4.5)."""

from collections.abc import Iterator
from itertools import chain

from dropzone_assets.archives import codecs, refusals
from dropzone_assets.archives.zip_directory import Listed

METHODS = {
    8: codecs.deflate,
    9: codecs.deflate64,
    12: codecs.bzip2,
    14: codecs.lzma_alone,
    93: codecs.zstd,
    95: codecs.xz,
}
"""Number → how it is unpacked; 0 is stored as it is."""

AES, LZMA, STORED = 99, 14, 0

END_MARK = 2
"""The flag of a member whose LZMA bytes say where they end."""


def unpack_method(written: Iterator[bytes], listed: Listed, what: str) -> Iterator[bytes]:
    """The plain bytes of a member.

    Raises:
        Refused: the method is none of those, or the bytes are not what it makes.
    """
    method = int.from_bytes(listed.aes[5:7], "little") if listed.method == AES else listed.method
    if method == STORED:
        return written
    if method not in METHODS:
        raise refusals.unsupported(what, f"compression method {method}")
    if method == LZMA:
        written = _alone(written, listed, what)
    return codecs.unpack(written, METHODS[method], what, encrypted=listed.encrypted)


def _alone(written: Iterator[bytes], listed: Listed, what: str) -> Iterator[bytes]:
    """Zip's LZMA with the header of a `.lzma` file, which holds the size where no mark ends the bytes."""
    head = b""
    while len(head) < 9 and (chunk := next(written, b"")):
        head += chunk
    if len(head) < 9 or head[2:4] != b"\x05\x00":
        raise refusals.damaged(what, "its LZMA header is broken", encrypted=listed.encrypted)
    size = b"\xff" * 8 if listed.flags & END_MARK else listed.size.to_bytes(8, "little")
    return chain([head[4:9] + size + head[9:]], written)
