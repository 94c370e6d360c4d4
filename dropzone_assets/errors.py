"""Every error raised on purpose. Would waiting help? Then it is Transient; otherwise Permanent.

What is tried again, and where that is decided: a file that cannot be copied in `pipeline/fetch.py`, and later in
`ledger/claims.py` (`delayed`); a step of a Dagster run in `orchestration/runs.py` (`explained`); the files of a run
that died in `pipeline/plan.py` and `ledger/claims.py` (`release`); a publication in `pipeline/plan.py`.
"""


class DropzoneError(Exception):
    """Something a person will read: what was found, and what to do about it.

    Args:
        found: which file or table, what was wanted, what was found.
        cure: what the reader can do, with the command where there is one.
    """

    def __init__(self, found: str, cure: str = "") -> None:
        super().__init__(f"{found} {cure}".strip())
        self.found = found
        self.cure = cure


class Transient(DropzoneError):
    """Waiting helps: Dagster tries the step again."""


class Permanent(DropzoneError):
    """Waiting does not help: the delivery is set aside and a person is told."""


class SourceUnavailable(Transient):
    """A place where files arrive cannot be listed or read at the moment."""


class NotLetIn(Permanent):
    """A source does not let us in, or is not who it claims to be."""


class StoreUnavailable(Transient):
    """The raw zone or the lake does not answer, or refuses us, at the moment."""


class WarehouseBusy(Transient):
    """Another process holds the warehouse file for longer than we are willing to wait."""


class LakeBusy(Transient):
    """Another process writes to the lake for longer than we are willing to wait."""


class ServiceFailed(Transient):
    """A process that `dropzone up` started does not do its work, or has ended."""


class BadContract(Permanent):
    """A contract asks for something that cannot be honoured."""


class BadSettings(Permanent):
    """The environment or `sources.yaml` asks for something that does not exist."""


class NewerHome(BadSettings):
    """The home was written by a newer version of this program, which alone knows what is in it."""


class HomeBroken(DropzoneError):
    """The home itself has to be mended: waiting does not help, and no delivery is to blame."""


class StoreLost(HomeBroken):
    """The ledger, the warehouse or the lake is lost or an older copy: nothing is built on it until it is rebuilt."""


class StoreDamaged(HomeBroken):
    """A file of the platform's own is not what was written to it."""


class StoreForbidden(HomeBroken):
    """A file or folder of the platform's own may not be read or written by this process."""


class StoreBusy(Transient):
    """Another process holds a file of the platform's own for too long."""


class DiskFull(Transient):
    """A disk of the platform's own has no room, or does not work."""


class Refused(Permanent):
    """A whole file cannot be read as its table: it becomes one failed delivery."""


class Lost(Permanent):
    """The raw copy of a delivery is not what came, and nothing is left to make it again of."""
