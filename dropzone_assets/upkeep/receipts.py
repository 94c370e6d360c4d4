"""Receipts: senders find out what became of their files, where the entry of the source says so."""

from collections.abc import Iterator
from time import monotonic
from unicodedata import category

from dropzone_assets.errors import BadSettings, NotLetIn, Permanent
from dropzone_assets.pipeline.transfer import spooled
from dropzone_assets.platform import Platform
from dropzone_assets.sources import ACCEPTED, REJECTED
from dropzone_assets.store import Store
from dropzone_assets.upkeep.receipt import File, Receipts, facts_of, file_of, receipts
from dropzone_assets.upkeep.retire import settle

PATIENCE = 15.0
"""Seconds spent at one go: a sensor may not take longer, and what is left is done the next time."""

UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Kinds of characters that no receipt has in its name."""

ASKED, GROUP = 1_000, 20
"""Files that the ledger is asked for at once, and of which the refused rows are in memory together."""


def send_receipts(platform: Platform, name: str) -> int:
    """Leave receipts for what is decided and not yet told; how many files were told of.

    Receipts of a newer version take the place of those of an older one. The ledger is told after they are written, and
    only if nothing has happened to the file meanwhile: killed in between, the same bytes are written again.

    Raises:
        SourceUnavailable: the source does not answer; the rest is told another time.
        StoreUnavailable: the store of the receipts does not answer.
        WarehouseBusy: a run holds the warehouse.
        NotLetIn: we may not write there.
        Permanent: some receipt cannot be written; the others are.
    """
    if not platform.configs[name].receipts:
        return 0
    deadline, count = monotonic() + PATIENCE, 0
    outbox, refusal = Outbox(platform, name), None
    for paths in _due(platform, name):
        if monotonic() > deadline:
            break
        files = [file_of(platform, name, path) for path in paths]
        facts, sent = facts_of(platform, files), list[File]()
        for file in files:
            try:
                outbox.leave(file.path, receipts(platform, file, facts))
            except (NotLetIn, BadSettings):
                raise
            except Permanent as error:
                refusal = refusal or error
                continue
            sent.append(file)
        settle(platform, name)
        for file in sent:
            _note_sent(platform, file)
            count += 1
    if refusal:
        raise refusal
    return count


def _due(platform: Platform, name: str) -> Iterator[list[str]]:
    """The paths to tell of, a group at a time."""
    after = ""
    while paths := platform.ledger.receipts.due(name, after, ASKED):
        yield from (paths[start : start + GROUP] for start in range(0, len(paths), GROUP))
        after = paths[-1]


def _note_sent(platform: Platform, file: File) -> None:
    about = [*file.versions, *(row.key for row in file.inside)]
    platform.ledger.receipts.sent(file.versions, about, file.events)


class Outbox:
    """Where the receipts of a source go: beside its files, into a folder of it, or into a store."""

    def __init__(self, platform: Platform, name: str) -> None:
        self._platform = platform
        self._name = name
        self._config = platform.configs[name].receipts
        url = self._config.url
        local = url if "://" in url else str(platform.settings.home / url)
        self._store = Store(local, platform.access, durable=platform.settings.durable) if url else None

    def leave(self, path: str, found: Receipts) -> None:
        """Write the receipts of the file at `path`, and take away those that do not hold any more.

        A name that leads elsewhere gets none: nobody chooses with a name where we write.
        """
        if {"", ".", ".."} & {*path.split("/")} or any(category(letter) in UNPRINTABLE for letter in path):
            return
        target = f"{self._config.folder.strip('/')}/{path}" if self._config.folder else path
        for ending, content in ((ACCEPTED, found.accepted), (REJECTED, found.rejected)):
            if content is None:
                self._remove(target + ending)
            else:
                self._write(target + ending, content)

    def _write(self, path: str, content: bytes) -> None:
        if self._store is None:
            self._platform.sources[self._name].write(path, content)
            return
        with spooled(self._platform) as spool:
            spool.write_bytes(content)
            self._store.adopt(spool, path)

    def _remove(self, path: str) -> None:
        if self._store is None:
            self._platform.sources[self._name].remove(path)
        else:
            self._store.delete(path)
