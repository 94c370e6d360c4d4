"""The raw zone against the ledger: every object is there, whole, and its bytes are those in its name."""

from collections.abc import Sequence

from dropzone_assets.files import Delivery
from dropzone_assets.ledger import Kept
from dropzone_assets.platform import Platform
from dropzone_assets.proof.findings import Proof
from dropzone_assets.proof.objects import at_once, hash_of
from dropzone_assets.proof.rebuild import Say

WHAT = "raw objects"

NAMED = 5
"""Deliveries named of one object."""


class RawObjects:
    """The objects that the deliveries of one table need. `broken`: path → what is wrong with it."""

    def __init__(self, platform: Platform, kept: Sequence[Kept]) -> None:
        self._store = platform.raw
        self._hashed: set[str] = set()
        self.owners: dict[str, list[Delivery]] = {}
        self.broken: dict[str, str] = {}
        for each in kept:
            self.owners.setdefault(each.delivery.raw_path, []).append(each.delivery)

    def find(self) -> None:
        """Look whether all are there and as long as the ledger says. The zone is listed, not asked for each."""
        sizes: dict[str, int] = {}
        for folder in {path.split("/")[0] for path in self.owners}:
            sizes |= self._store.sizes(folder)
        for path, owners in self.owners.items():
            wanted = {owner.size for owner in owners}
            if path not in sizes:
                self.broken[path] = "the object is missing"
            elif wanted != {sizes[path]}:
                said = " and ".join(f"{size:,}" for size in sorted(wanted))
                self.broken[path] = f"the object has {sizes[path]:,} bytes, and {said} by the ledger"

    def read(self, paths: Sequence[str], say: Say = lambda _text, _size: None) -> None:
        """Compare the bytes of objects with the BLAKE3 in their names, those once that are there."""
        unread = [path for path in dict.fromkeys(paths) if path not in self.broken and path not in self._hashed]
        self._hashed.update(unread)
        for path, found in at_once(self._hash, unread):
            owner = self.owners[path][0]
            if found != owner.content_hash:
                self.broken[path] = f"the bytes hash to {found[:12]}…, which is not the name" if found else "it is gone"
            say("reading the raw zone", owner.size)

    def _hash(self, path: str) -> str:
        try:
            return hash_of(self._store, path)
        except FileNotFoundError:
            return ""

    def report(self, proof: Proof) -> None:
        """Count the objects, and name the broken ones with the files they are copies of."""
        proof.count(WHAT).equal += len(self.owners) - len(self.broken)
        for path, found in sorted(self.broken.items()):
            owners = self.owners[path]
            files = ", ".join(f"{owner.source}:{owner.path}" for owner in owners[:NAMED])
            more = f" and {len(owners) - NAMED:,} more" if len(owners) > NAMED else ""
            cure = f"Put the file back from a backup, or from its source, as {self._store.uri(path)}."
            proof.differs(WHAT, path, f"{found}; it is a copy of {files}{more}", cure)
