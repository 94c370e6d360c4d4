"""Starting the three services in turn, watching them and what happens, and ending them together."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time

import dagster as dg
import yaml

from dropzone_assets.orchestration.launcher.heartbeat import holder
from dropzone_assets.orchestration.supervisor.admission import end_leftovers
from dropzone_assets.orchestration.supervisor.events import Events
from dropzone_assets.orchestration.supervisor.readiness import has_ticked, listens, ui_answers
from dropzone_assets.orchestration.supervisor.service import Service
from dropzone_assets.platform import Platform
from dropzone_assets.sqlite import UNREADABLE

MODULE, LOCATION = "dropzone_assets.definitions", "dropzone"

NAMES = ("code-server", "webserver", "daemon")
"""The services in the order of their start; their signs have these names too."""

END = 10.0
"""Seconds that the services have to end in an orderly way. They may be killed at any moment."""

Say = Callable[[str], None]


class _Asked(Exception):
    """A person, or the system, asked `up` to end."""


class Supervisor:
    """One `up`.

    Args:
        platform: what is served.
        instance: where Dagster keeps runs and events.
        host: the address that the UI listens on.
        port: its port.
        patience: seconds that each service has to get to work.
        say: tells a person one line.
    """

    def __init__(
        self, platform: Platform, instance: dg.DagsterInstance, host: str, port: int, patience: float, say: Say
    ) -> None:
        self._platform, self._instance, self._patience, self._say = platform, instance, patience, say
        self._environment = platform.settings.for_children()
        self._near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        self._host, self._port = host, port
        self.url = f"http://{f'[{self._near}]' if ':' in self._near else self._near}:{port}"
        self._asked = 0
        self._services: tuple[Service, ...] = ()
        self.started = False

    def run(self) -> None:
        """Serve until asked to end.

        Raises:
            ServiceFailed: a service did not get to work, or has ended by itself; with its last words.
        """
        settings = self._platform.settings
        for name, pid in end_leftovers(settings.heartbeats / name for name in NAMES):
            self._say(f"Ended the {name} that an earlier `up` had left (pid {pid}).")
        with TemporaryDirectory(prefix="dropzone-") as folder, self._listening():
            code, webserver, daemon = self._services = self._described(Path(folder))
            try:
                self._start(code)
                self._await(code, lambda: listens(Path(folder) / "code"), "has not loaded the definitions")
                events, since = Events(self._platform.ledger, self._instance, self.url), time()
                self._start(webserver, daemon)
                self._await(webserver, lambda: ui_answers(self._near, self._port), "does not answer")
                self._say(f"The UI is at {self.url}")
                self._await(daemon, lambda: has_ticked(self._instance, since), "has not ticked")
                self._say(f"Watching {', '.join(self._platform.configs)}; drop files into {settings.home / 'dropzone'}")
                self.started = True
                self._watch(events)
            except _Asked:
                pass
            finally:
                self._end()
                gc.freeze()  # to look through all that Dagster has made costs the end of this process seconds
        self._say("Ended.")

    def _described(self, folder: Path) -> tuple[Service, Service, Service]:
        workspace, socket, settings = folder / "workspace.yaml", folder / "code", self._platform.settings
        server = {"socket": str(socket), "location_name": LOCATION}
        workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
        code = ("dagster", "code-server", "start", "-m", MODULE, "--location-name", LOCATION, "-s", str(socket))
        ui = ("dagster-webserver", "-w", str(workspace), "-h", self._host, "-p", str(self._port))

        def service(name: str, *command: str) -> Service:
            return Service(name, command, settings.heartbeats / name, settings.logs / f"{name}.log", folder)

        daemon = service(NAMES[2], "dagster-daemon", "run", "-w", str(workspace))
        return service(NAMES[0], *code), service(NAMES[1], *ui), daemon

    def _start(self, *services: Service) -> None:
        for service in services:
            service.start(self._environment)

    def _await(self, service: Service, ready: Callable[[], bool], lacks: str) -> None:
        """Wait until a service does what it is for, as long as all of them live."""
        deadline, there = monotonic() + self._patience, False
        while not there:
            with suppress(*UNREADABLE):
                there = ready()
            self._still_there("as it started")
            if not there and monotonic() > deadline:
                raise service.failed(f"{lacks} after {self._patience:g} seconds")
            self._wait(0.0 if there else 0.2)

    def _still_there(self, when: str = "") -> None:
        for service in self._services:
            if (code := service.ended()) is not None:
                how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
                raise service.failed(f"{how} {when}".strip())

    def _watch(self, events: Events) -> None:
        """Tell what happens."""
        for turn in count():
            self._print(events.files)
            if turn % 3 == 0:
                self._print(events.runs)
                self._print(events.troubles)
            for service in self._services:
                service.turn_log()
            self._still_there()
            self._wait(1.0)

    def _print(self, lines: Callable[[], Iterator[str]]) -> None:
        """What cannot be read at the moment is told later; `up` goes on."""
        with suppress(*UNREADABLE):
            for line in lines():
                self._say(line)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Hear SIGINT and SIGTERM, also where they were ignored as `up` was started in the background of a script."""
        heard = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` says so
            heard.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, _number: int, _frame: object) -> None:
        self._asked += 1

    def _wait(self, seconds: float) -> None:
        """Sleep, in short pieces: a signal that is heard does not end a sleep."""
        deadline = monotonic() + seconds
        while not self._asked and monotonic() < deadline:
            sleep(0.1)
        if self._asked:
            raise _Asked

    def _end(self) -> None:
        """End all services; who asks twice, or waits too long, has them killed."""
        before, deadline = self._asked, monotonic() + END
        if before:
            self._say("Stopping; once more to stop at once.")
        for service in self._services:
            service.ask_to_end()
        while any(map(Service.lives, self._services)) and self._asked <= max(before, 1) and monotonic() < deadline:
            sleep(0.1)
        for service in self._services:
            service.kill()
        workers = (Path(self._instance.root_directory) / "workers").glob("*")
        if left := sum(holder(heartbeat) is not None for heartbeat in workers):
            self._say(f"{left} {'run is' if left == 1 else 'runs are'} still at work and will finish.")
