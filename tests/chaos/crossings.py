"""Crossings: every meeting with the outside is counted, and the one a fault names fails or ends the process."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

Result = TypeVar("Result")
Errors = Mapping[str, Callable[[], BaseException]]
"""Kind of fault → the error as the driver raises it."""

BEFORE, AFTER = "dies before", "dies after"
YET_DONE = ", yet done"
"""The end of a kind: the other side did it, and we hear an error."""


class Died(BaseException):
    """The process ends here, as by kill -9: nothing of what it would still do happens."""


class Fault(NamedTuple):
    """What goes wrong at one crossing: the `number`th of `boundary` from when the fault is armed."""

    boundary: str
    number: int
    kind: str


class Crossings:
    """Counts what is crossed, and lets the armed faults happen."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.kinds: dict[str, tuple[str, ...]] = {}
        self.happened: Counter[tuple[str, str]] = Counter()
        self.dead = False
        self._armed: dict[tuple[str, int], str] = {}
        self._burials: list[Callable[[], None]] = []

    def arm(self, faults: Iterable[Fault]) -> None:
        """From now on these faults are due; counting starts anew."""
        self.counts.clear()
        self._armed = {(fault.boundary, fault.number): fault.kind for fault in faults}

    def disarm(self) -> None:
        """Nothing goes wrong any more."""
        self._armed = {}

    def at_death(self, burial: Callable[[], None]) -> None:
        """What the operating system does for a process that has ended."""
        self._burials.append(burial)

    def forget(self) -> None:
        """Nothing is open any more."""
        self._burials.clear()

    def revive(self) -> None:
        """A new process begins."""
        self.dead = False

    def cross(
        self, boundary: str, action: Callable[[], Result], errors: Errors, lose: Callable[[Result], None] | None = None
    ) -> Result:
        """Do `action`, unless the fault that is due says otherwise; `lose` what it gave when nobody hears of it."""
        if self.dead:
            raise Died
        self.counts[boundary] += 1
        self.kinds.setdefault(boundary, (BEFORE, AFTER, *errors))
        kind = self._due(boundary)
        if kind == BEFORE:
            self._die()
        if kind in errors and not kind.endswith(YET_DONE):
            raise errors[kind]()
        result = action()
        if kind and lose:
            lose(result)
        if kind == AFTER:
            self._die()
        if kind:
            raise errors[kind]()
        return result

    def _due(self, boundary: str) -> str:
        kind = self._armed.pop((boundary, self.counts[boundary]), "")
        if kind:
            self.happened[boundary, kind] += 1
        return kind

    def _die(self) -> None:
        self.dead = True
        for burial in self._burials:
            burial()
        raise Died


@contextmanager
def armed(crossings: Crossings, faults: Iterable[Fault]) -> Iterator[None]:
    """These faults are due within the block."""
    crossings.arm(faults)
    try:
        yield
    finally:
        crossings.disarm()
