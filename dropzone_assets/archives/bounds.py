"""How much one archive may unpack to, and the meter that says stop."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

from pydantic import BaseModel, ByteSize, ConfigDict, Field

from dropzone_assets.errors import Refused

GRACE = 8 * 1024 * 1024
"""Bytes an archive may unpack to before its ratio is looked at: small files of one repeated line are no attack."""


class Bounds(BaseModel):
    """The block `archives` of an entry of `sources.yaml`.

    Args:
        members: entries of one archive, folders and links among them.
        total_bytes: bytes it unpacks to, as a number or as `20GiB`.
        ratio: bytes it unpacks to for each byte of its own.
        depth: archives inside archives that are opened; kept by the caller.
        seconds: time spent unpacking it; what the reader does with the bytes does not count.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: int = Field(default=10_000, gt=0)
    total_bytes: ByteSize = Field(default=ByteSize(10 * 1024**3), gt=0)
    ratio: float = Field(default=200, gt=0)
    depth: int = Field(default=2, gt=0)
    seconds: float = Field(default=600, gt=0)


class Meter:
    """Counts what an archive really gives. Once a bound is passed, every later step is refused as well."""

    def __init__(self, bounds: Bounds, name: str, packed: int) -> None:
        self._bounds = bounds
        self._name = name
        self._packed = max(packed, 1)
        self._members = 0
        self._bytes = 0
        self._spent = 0.0
        self._since = monotonic()

    def entry(self) -> None:
        """One more entry of the archive was seen."""
        self._members += 1
        self.check()

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks, counted one by one before they are given."""
        for chunk in chunks:
            self._bytes += len(chunk)
            self.check()
            yield chunk

    @contextmanager
    def running(self) -> Iterator[None]:
        """The archive is being unpacked: the clock runs."""
        self._since = monotonic()
        try:
            yield
        finally:
            self._spent += monotonic() - self._since

    def check(self) -> None:
        """Nothing, while all bounds hold.

        Raises:
            Refused: which bound does not, and how to raise it.
        """
        bounds = self._bounds
        if self._members > bounds.members:
            raise self._refused("members", f"holds more than {bounds.members:,} members")
        if self._bytes > bounds.total_bytes:
            raise self._refused("total_bytes", f"unpacks to more than {bounds.total_bytes:,} bytes")
        if self._bytes > GRACE and self._bytes > bounds.ratio * self._packed:
            raise self._refused("ratio", f"unpacks to more than {bounds.ratio:g} times its own {self._packed:,} bytes")
        if self._spent + monotonic() - self._since > bounds.seconds:
            raise self._refused("seconds", f"takes longer than {bounds.seconds:g} seconds to unpack")

    def _refused(self, bound: str, found: str) -> Refused:
        return Refused(
            f"{self._name} {found}; the rest of it was not read.",
            f"If it is meant to be so, raise `archives: {bound}` of its source in sources.yaml and replay it.",
        )
