"""The small world: senders write files, the platform looks, loads, publishes and rebuilds, and may die at each step."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy.exc import SQLAlchemyError

from dropzone_assets.errors import DropzoneError, Permanent
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.revalidate import revalidate
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.retire import retire
from dropzone_assets.upkeep.retract import apply, retraction
from tests.chaos.boundaries import Clock
from tests.chaos.crossings import Crossings, Died, Fault, armed
from tests.chaos.home import open_home
from tests.chaos.letters import Letter
from tests.chaos.pipeline import Pipeline

EXPECTED = (DropzoneError, OSError, SQLAlchemyError, duckdb.Error)
"""How a run may fail when the outside does."""

ROUNDS = 12
"""Within so many rounds without faults everything is done, or it never is."""

PACE = timedelta(seconds=20)
"""The time from one act to the next: what waits for a source that was silent has its turn now and then."""

Version = tuple[int, Letter]
"""The time of a file and what is in it."""


class Stuck(AssertionError):
    """Without faults, something is not done, or fails."""


class World:
    """One home, its senders, and the process that works in it."""

    expected: tuple[type[Exception], ...] = EXPECTED

    def __init__(self, home: Path, crossings: Crossings, clock: Clock, after: str = "keep") -> None:
        self.home = home
        self.crossings = crossings
        self.clock = clock
        self.after = after
        self.ended: Counter[str] = Counter()
        self.sent: dict[str, list[Version]] = {}
        self.counting: dict[str, Version] = {}
        self.calm: set[str] = set()
        self.withdrawn: dict[str, set[Letter]] = {}
        self.version = "1.0.0"
        self._moment = 1_000
        self._happened = 0
        self.platform: Platform = open_home(home, after, self.version)

    def act(self, name: str, *of: Any, faults: Iterable[Fault] = ()) -> None:
        """Do one thing. A process that dies is started again; what fails is left to be done later."""
        self._happened = self.crossings.happened.total()
        self.clock.jump += PACE
        with armed(self.crossings, faults):
            try:
                self._attempt(lambda: getattr(self, name)(*of))
            except Died:
                self.crossings.disarm()
                self._start_again()

    # -- what senders do -----------------------------------------------------------------------------------------------

    def send(self, path: str, letter: Letter) -> None:
        """Write a file. Over a good one that may not be loaded yet nobody writes what cannot be read.

        What would count then is a matter of time: the good version may never have been seen.
        """
        if letter in self.withdrawn.get(path, ()):
            return
        if letter.readable or path in self.calm or path not in self.counting:
            self._moment += 1
            self.write(path, (self._moment, letter))

    def touch(self, path: str) -> None:
        """The same bytes with another time."""
        if path in self.sent:
            self.send(path, self.sent[path][-1][1])

    def put_back(self, path: str, which: int) -> None:
        """An earlier version, with its time."""
        away = self.withdrawn.get(path, set())
        earlier = [version for version in self.sent.get(path, []) if version[1].readable and version[1] not in away]
        if earlier:
            self.write(path, earlier[which % len(earlier)])

    def write(self, path: str, version: Version) -> None:
        """A file with its time."""
        file = self.home / "dropzone" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(version[1].content(path))
        os.utime(file, ns=(version[0], version[0]))
        self.sent.setdefault(path, []).append(version)
        self.calm.discard(path)
        if version[1].readable:
            self.counting[path] = version

    # -- what the platform does ----------------------------------------------------------------------------------------

    def look(self) -> None:
        """List the source."""
        discover(self.platform, "dropzone")

    def load(self) -> int:
        """Load what is pending; how many runs."""
        return self._runs(self._road().loads)

    def publish(self) -> int:
        """Publish and summarise what is due; how many runs."""
        return self._runs(self._road().publications)

    def leave(self) -> None:
        """What is loaded goes from the source."""
        retire(self.platform, "dropzone")

    def ingest(self) -> None:
        """All of it."""
        for step in (self.look, self.load, self.load, self.publish, self.publish, self.leave):
            self._attempt(step)

    def rebuild(self, table: str, day: str) -> None:
        """Backfill one day of a table."""
        self._road().rebuild(table, date.fromisoformat(day))

    def force(self) -> None:
        """Load everything again."""
        self.platform.ledger.replays.load_again()

    def replay(self) -> None:
        """Load what has failed again."""
        self.platform.ledger.replays.reopen("")

    def retract(self, path: str) -> None:
        """A person takes a file back, as it is now; what was ever in it is not sent again."""
        self.look()
        try:
            apply(self.platform, retraction(self.platform, path))
        except Permanent:  # it never came, or does not count
            return
        self.withdrawn.setdefault(path, set()).update(letter for _, letter in self.sent[path])
        self.counting.pop(path, None)

    def change(self, version: str, move: bool) -> None:
        """The contract of payments becomes another one, and what was validated is validated again."""
        self.version = version
        self._start_again()
        revalidate(self.platform, self.platform.contract("payments"), move=move)

    def restart(self) -> None:
        """End the process and start it again, whatever opening meets."""
        self._start_again(anew=True)
        self.platform.ledger.claims.pending()

    def jump(self, seconds: int) -> None:
        """The clock is set forward, or back."""
        self.clock.jump += timedelta(seconds=seconds)

    def settle(self) -> None:
        """Without faults, what a person and the sensors do until there is nothing to do.

        Raises:
            Stuck: there always is.
        """
        self.crossings.disarm()
        self._happened = self.crossings.happened.total()
        self._start_again()
        self.change(self.version, True)
        for _ in range(2):  # what died too often is failed, and a person loads it again
            self.replay()
            self.platform.ledger.claims.hasten()
            self._settle()
        self.calm = set(self.sent)

    def _settle(self) -> None:
        for _ in range(ROUNDS):
            self.look()
            made = self.load() + self.publish()
            self.leave()
            if not made and not self.platform.ledger.claims.pending():
                return
            self.clock.jump += timedelta() if made else timedelta(hours=1)
        raise Stuck(f"After {ROUNDS} rounds {self.platform.ledger.claims.pending()} files are pending.")

    def close(self) -> None:
        """End the process."""
        if "ledger" in self.platform.__dict__:
            self.platform.ledger.engine.dispose()
        self.platform.close()

    def _road(self) -> Pipeline:
        return Pipeline(self.platform, self.ended)

    def _runs(self, plan: Callable[[], Any]) -> int:
        requests = plan()
        for request in requests:
            self._attempt(lambda request=request: self._road().run(request))
        return len(requests)

    def _attempt(self, step: Callable[[], Any]) -> None:
        """What fails stops nothing else; without a fault nothing fails."""
        try:
            step()
        except self.expected as error:
            if self.crossings.happened.total() == self._happened:
                raise Stuck(f"{type(error).__name__} out of nothing: {error}") from error

    def _start_again(self, *, anew: bool = False) -> None:
        """A new process. Unless it opens all `anew`, it has compiled its statements already, which takes long."""
        self.close()
        self.crossings.revive()
        known = {} if anew else {name: it for name, it in self.platform.__dict__.items() if name == "ledger"}
        self.platform = open_home(self.home, self.after, self.version)
        self.platform.__dict__.update(known)
