"""A server that lists with facts (MLSD), and what breaks on the way to it."""

import logging
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

import pytest

from dropzone_assets.errors import DropzoneError, Permanent, SourceUnavailable
from dropzone_assets.sources import SourceConfig
from dropzone_assets.sources.wire import ftp_server
from tests.cases.sources import SourceCases, listed, opened
from tests.remote.proxy import Proxy
from tests.remote.served import overwrite
from tests.servers.debian import free_port

authorizers = pytest.importorskip("pyftpdlib.authorizers")
handlers = pytest.importorskip("pyftpdlib.handlers")
ioloop = pytest.importorskip("pyftpdlib.ioloop")
ftp_servers = pytest.importorskip("pyftpdlib.servers")

SECRETS = {"PASSWORD": "hunter2-is-secret", "WRONG": "not-the-secret"}


class Data(handlers.DTPHandler):  # type: ignore[name-defined, misc]
    """A data connection that breaks when it is told to."""

    fault = ""

    def send(self, data: bytes) -> int:
        if not self.fault or self.get_transmitted_bytes() < 1_000_000:
            return int(super().send(data))
        if self.fault == "stall":
            time.sleep(0.01)  # it is asked again at once
            return 0
        if self.fault == "reset":
            self.cmd_channel.close()
        self.close()
        return 0


class FactsPlace:
    """A folder behind a server in this process."""

    secrets = SECRETS

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.root = home / "files"
        self.root.mkdir(exist_ok=True)
        self.port = port

    def config(self, **fields: Any) -> SourceConfig:
        usual = {
            "name": "partner",
            "kind": "ftp",
            "url": f"ftp://user@127.0.0.1:{self.port}/",
            "credentials": {"password": "PASSWORD"},
        }
        return SourceConfig.model_validate({**usual, "settle_seconds": 0, **fields})

    def dead(self) -> SourceConfig:
        return self.config(url=f"ftp://127.0.0.1:{free_port()}/")

    def stranger(self) -> SourceConfig:
        return self.config(credentials={"password": "WRONG"})

    def put(self, path: str, content: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        overwrite(file, content)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()


@pytest.fixture
def location(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FactsPlace]:
    monkeypatch.setattr(ftp_server, "PATIENCE", 1.0)
    monkeypatch.setattr(ftp_server, "CONNECT", 1.0)
    monkeypatch.setattr(Data, "fault", "")

    class Handler(handlers.FTPHandler):  # type: ignore[name-defined, misc]
        authorizer = authorizers.DummyAuthorizer()
        dtp_handler = Data
        use_sendfile = False
        auth_failed_timeout = 0

    location = FactsPlace(tmp_path, 0)
    Handler.authorizer.add_user("user", SECRETS["PASSWORD"], location.root, perm="elradfmw")
    server = ftp_servers.FTPServer(("127.0.0.1", 0), Handler, ioloop=ioloop.IOLoop())
    location.port = server.address[1]
    over = Event()

    def serve() -> None:
        while not over.is_set():
            server.ioloop.loop(0.02, blocking=False)
        server.close_all()

    serving = Thread(target=serve)
    serving.start()
    yield location
    over.set()
    serving.join(5)


class TestFtpMlsd(SourceCases):
    exceptions: ClassVar = {
        "test_a_name_nobody_can_print_is_set_aside_with_the_reason_and_hides_no_neighbour[0]": (
            "this server ends a line of its listing wherever a name has a line break"
        )
    }


@pytest.mark.parametrize("fault", ["reset", "data", "stall"])
def test_a_transfer_that_breaks_is_named_and_the_next_one_works(
    location: FactsPlace, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    content = bytes(range(256)) * 40_000
    location.put("a.bin", content)
    with opened(location) as source:
        monkeypatch.setattr(Data, "fault", fault)
        with (
            pytest.raises(SourceUnavailable, match=f"partner: 127.0.0.1:{location.port}"),
            source.open("a.bin") as stream,
        ):
            while stream.read(65_536):
                pass
        monkeypatch.setattr(Data, "fault", "")
        with source.open("a.bin") as stream:
            assert stream.read() == content
        with source.open("a.bin") as stream:  # left early
            assert stream.read(10) == content[:10]
        with source.open("a.bin"):
            pass
        assert source.version("a.bin")


@pytest.mark.parametrize("fault", ["reset", "stall"])
def test_a_control_connection_that_breaks_is_named_and_made_again(
    location: FactsPlace, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    location.put("a.csv", b"")
    with Proxy(location.port) as proxy:
        monkeypatch.setattr(ftp_server, "IDLE", 0.0)
        with opened(location, location.config(url=f"ftp://user@127.0.0.1:{proxy.port}/")) as source:
            proxy.fault = fault  # type: ignore[assignment]
            with pytest.raises(SourceUnavailable, match="partner"):
                source.version("a.csv")
            proxy.fault = ""
            assert source.version("a.csv")
            proxy.fault = fault  # type: ignore[assignment]
            with pytest.raises(SourceUnavailable, match="partner"):
                source.version("a.csv")
            proxy.fault = ""
            assert source.version("a.csv")


@pytest.mark.parametrize("path", ["a\nDELE b.csv", "a\r\nDELE b.csv", "a\rb"])
def test_no_name_smuggles_a_command(location: FactsPlace, path: str) -> None:
    location.put("b.csv", b"")
    with opened(location) as source:
        for call in (source.version, source.remove, lambda path: source.move(path, "done")):
            with pytest.raises(Permanent, match="line break"):
                call(path)
        with pytest.raises(Permanent, match="line break"), source.open(path):
            pass
    assert (location.root / "b.csv").exists()


def test_no_secret_is_ever_said(
    location: FactsPlace, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    said = []
    monkeypatch.setattr(handlers.FTPHandler, "log", lambda *_, **__: None)
    with caplog.at_level(logging.DEBUG):
        caplog.handler.addFilter(lambda record: not record.name.startswith("pyftpdlib"))
        assert listed(location) == {}
        for port in (location.port, free_port()):
            with pytest.raises(DropzoneError) as error:
                listed(location, credentials={"password": "WRONG"}, url=f"ftp://user@127.0.0.1:{port}/")
            said += traceback.format_exception(error.value)
    said += [caplog.text, *capsys.readouterr()]
    assert [text for text in said for secret in SECRETS.values() if secret in text] == []
