"""A service: one child process, its log of bounded size, and its end."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dropzone_assets.errors import ServiceFailed

CHILD = "dropzone_assets.orchestration.supervisor.child"

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass
class Service:
    """One process below `up`.

    Args:
        name: what people call it.
        command: a command that a package installs, and its arguments.
        sign: the file that it locks while it lives.
        log: the file that all it prints goes to; twice `limit` bytes at most, with the part before in `<log>.1`.
        folder: where it works. Dagster's commands read a file .env there, over what the shell says.
    """

    name: str
    command: Sequence[str]
    heartbeat: Path
    log: Path
    folder: Path
    limit: int = 10_000_000
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _start: int = field(default=0, init=False)

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it in a session of its own, so that Ctrl-C is for `up` to hear and to pass on."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._start = log.tell()
            self.process = subprocess.Popen(  # noqa: S603 - no part comes from outside
                [
                    sys.executable,
                    "-u",
                    "-m",
                    "dropzone_assets.orchestration.supervisor.child",
                    str(self.heartbeat),
                    *self.command,
                ],
                env=environment,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ended(self) -> int | None:
        """Its exit code, once it has ended; negative: the signal that killed it."""
        return self.process.poll() if self.process else None

    def lives(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def failed(self, how: str) -> ServiceFailed:
        """That it failed, and what it said before."""
        said = self.last_words() or "nothing"
        return ServiceFailed(f"The {self.name} {how}.", f"It said last:\n{said}\nAll it said is in {self.log}")

    def last_words(self, lines: int = 12) -> str:
        """The end of what it has printed since it was started."""
        with self.log.open("rb") as log:
            log.seek(max(self._start, self.log.stat().st_size - 20_000))
            said = ANSI.sub("", log.read().decode(errors="replace"))
        return "\n".join([line for line in said.splitlines() if line.strip()][-lines:])

    def turn_log(self) -> None:
        """Put the log aside once it is long. It is emptied, not renamed: the process goes on writing to its end."""
        if self.log.stat().st_size > self.limit:
            shutil.copyfile(self.log, self.log.with_name(self.log.name + ".1"))
            os.truncate(self.log, 0)
            self._start = 0

    def ask_to_end(self) -> None:
        """Ask it to end; do not wait."""
        if self.process and self.lives():
            self.process.terminate()

    def kill(self) -> None:
        """End it now, and what it has started in its session. Runs have sessions of their own."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            if self.process.stdin:
                self.process.stdin.close()
