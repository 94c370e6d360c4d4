"""The two ways zip members are encrypted: the old one of PKWARE, and WinZip's AES (AE-1 and AE-2)."""

import hmac
from collections.abc import Iterator
from hashlib import pbkdf2_hmac
from itertools import chain
from zlib import crc32

from dropzone_assets.archives import refusals
from dropzone_assets.archives.zip_directory import DESCRIPTOR, STRONG, Listed

HEADER = 12
"""Bytes before a member that PKWARE's way encrypts, the last of which tells a wrong password."""

SIP = 16 * 1024
"""Bytes that are decrypted at a time in PKWARE's way, which is slow: the clock is looked at in between."""

CHECKSUM = 10
"""Bytes after a member that AES encrypts."""

TABLE = [crc32(bytes([n]), 0xFFFFFFFF) ^ 0xFFFFFFFF for n in range(256)]
"""The CRC of one byte, begun with nothing."""


def decrypt(written: Iterator[bytes], listed: Listed, password: str, what: str) -> Iterator[bytes]:
    """The bytes of a member before they were encrypted.

    Raises:
        Refused: the password is wrong, the bytes were changed, or it is neither of the two ways.
    """
    if listed.flags & STRONG:
        raise refusals.unsupported(what, "the strong encryption of PKZIP")
    secret = password.encode()
    if not listed.aes:
        return _traditional(written, listed, secret, what)
    if len(listed.aes) < 7 or listed.aes[4] not in (1, 2, 3):
        raise refusals.damaged(what, "its encryption is not described")
    return _aes(written, listed, secret, what)


def _traditional(written: Iterator[bytes], listed: Listed, secret: bytes, what: str) -> Iterator[bytes]:
    keys = Keys()
    for byte in secret:
        keys.update(byte)
    header, written = _first(written, HEADER, what)
    check = listed.time >> 8 if listed.flags & DESCRIPTOR else listed.crc >> 24
    if keys.decrypt(header)[-1] != check:
        raise refusals.wrong_password(what)
    for chunk in written:
        for at in range(0, len(chunk), SIP):
            yield keys.decrypt(chunk[at : at + SIP])


class Keys:
    """The three keys of PKWARE's cipher (APPNOTE.TXT 6.1)."""

    def __init__(self) -> None:
        self._keys = 0x12345678, 0x23456789, 0x34567890

    def update(self, byte: int) -> None:
        """One plain byte stirs the keys."""
        one, two, three = self._keys
        one = (one >> 8) ^ TABLE[(one ^ byte) & 0xFF]
        two = ((two + (one & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        self._keys = one, two, (three >> 8) ^ TABLE[(three ^ (two >> 24)) & 0xFF]

    def decrypt(self, data: bytes) -> bytes:
        """The plain bytes."""
        plain = bytearray(data)
        for at, byte in enumerate(data):
            key = self._keys[2] | 2
            plain[at] = byte ^ (((key * (key ^ 1)) >> 8) & 0xFF)
            self.update(plain[at])
        return bytes(plain)


def _aes(written: Iterator[bytes], listed: Listed, secret: bytes, what: str) -> Iterator[bytes]:
    from Cryptodome.Cipher import AES
    from Cryptodome.Util import Counter

    strength = listed.aes[4]
    length, salted = 8 + 8 * strength, 4 + 4 * strength
    header, written = _first(written, salted + 2, what)
    keys = pbkdf2_hmac("sha1", secret, header[:salted], 1000, 2 * length + 2)
    if keys[2 * length :] != header[salted:]:
        raise refusals.wrong_password(what)
    cipher = AES.new(keys[:length], AES.MODE_CTR, counter=Counter.new(128, little_endian=True))
    seal, last = hmac.new(keys[length : 2 * length], digestmod="sha1"), b""
    for chunk in written:
        chunk, last = (last + chunk)[:-CHECKSUM], (last + chunk)[-CHECKSUM:]
        seal.update(chunk)
        yield cipher.decrypt(chunk)
    if not hmac.compare_digest(seal.digest()[:CHECKSUM], last):
        raise refusals.damaged(what, "its bytes are not those that were sealed", encrypted=True)


def _first(written: Iterator[bytes], size: int, what: str) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all others."""
    head = b""
    while len(head) < size:
        chunk = next(written, None)
        if chunk is None:
            raise refusals.cut(what, "it ends before its encryption begins")
        head += chunk
    return head[:size], chain([head[size:]], written)
