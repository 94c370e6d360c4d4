"""What breaks on the way to an SFTP server is named, and the next call works again."""

import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings, DropzoneError, NotLetIn, SourceUnavailable
from dropzone_assets.sources.wire import ssh
from tests.cases.sources import listed, opened, read
from tests.remote.proxy import Proxy
from tests.remote.test_sftp import SftpPlace
from tests.servers import debian as servers
from tests.servers.debian import Sshd

MEGABYTE = 1024 * 1024


@pytest.fixture
def proxy(sshd: Sshd) -> Iterator[Proxy]:
    with Proxy(sshd.port) as proxy:
        yield proxy


@pytest.fixture
def location(sshd: Sshd, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SftpPlace:
    monkeypatch.setattr(ssh, "PATIENCE", 2.0)
    return SftpPlace(sshd, tmp_path, proxy.port)


@pytest.mark.parametrize("fault", ["reset", "stall"])
@pytest.mark.parametrize("after", [0, 1_000, 10_000_000])
def test_a_connection_that_breaks_is_named_and_made_again(
    location: SftpPlace, proxy: Proxy, fault: str, after: int
) -> None:
    content = bytes(range(256)) * 4096 * 20
    location.put("a.bin", content)
    proxy.fault, proxy.after = fault, after  # type: ignore[assignment]
    with opened(location) as source:
        with pytest.raises(SourceUnavailable, match=f"partner: 127.0.0.1:{proxy.port}"), source.open("a.bin") as stream:
            while stream.read(MEGABYTE):
                pass
        proxy.fault = ""
        with source.open("a.bin") as stream:
            assert stream.read() == content
        assert len(list(source.list())) == 1


def test_a_connection_that_broke_between_two_calls_is_made_again(location: SftpPlace, proxy: Proxy) -> None:
    location.put("a.csv", b"12")
    with opened(location) as source:
        assert source.version("a.csv")
        proxy.fault = "reset"
        with pytest.raises(SourceUnavailable):
            source.version("a.csv")
        proxy.fault = ""
        assert source.version("a.csv")
        source.close()
        assert source.version("a.csv")


def test_a_stream_that_is_left_early_does_no_harm(location: SftpPlace) -> None:
    location.put("a.bin", b"a" * 50 * MEGABYTE)
    with opened(location) as source:
        for _ in range(20):
            with source.open("a.bin") as stream:
                assert stream.read(10) == b"a" * 10
            with source.open("a.bin"):
                pass
        assert source.version("a.bin")


def test_a_key_may_have_a_passphrase_and_be_text_or_a_file(location: SftpPlace, sshd: Sshd, tmp_path: Path) -> None:
    key = tmp_path / "locked"
    key.write_bytes(sshd.key.read_bytes())
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "open-sesame", "-f", key], check=True)
    location.secrets |= {"TEXT": key.read_text(), "FILE": str(key), "PASSPHRASE": "open-sesame", "WRONG": "open-simsim"}
    for variable in ("TEXT", "FILE"):
        assert listed(location, credentials={"key": variable, "passphrase": "PASSPHRASE"}) == {}
    for wrong in ({"passphrase": "WRONG"}, {}):
        with pytest.raises(NotLetIn, match="private key") as error:
            listed(location, credentials={"key": "TEXT", **wrong})
        assert "simsim" not in "".join(traceback.format_exception(error.value))


def test_an_entry_that_says_too_little_is_refused(location: SftpPlace) -> None:
    with pytest.raises(BadSettings, match="password or key"):
        listed(location, credentials={})
    with pytest.raises(BadSettings, match="no user"):
        listed(location, url=f"sftp://127.0.0.1:{location.port}/x")
    for url in ("/folder", "ftp://host/x", "sftp:///x", "sftp://host:port/x"):
        with pytest.raises(BadSettings, match="sftp://host:port/folder"):
            listed(location, url=url)


def test_no_secret_is_ever_said(location: SftpPlace, proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    location.secrets |= {"PASSWORD": "hunter2-is-secret"}
    said = []
    with caplog.at_level(logging.DEBUG):
        for after in (0, 100_000):
            proxy.fault, proxy.after = "reset", after
            for credentials in ({"password": "PASSWORD"}, {"key": "STRANGER"}, {"key": "PASSWORD"}):
                with pytest.raises(DropzoneError) as error:
                    listed(location, credentials=credentials)
                said += traceback.format_exception(error.value)
    said += [caplog.text, repr(location.config())]
    key = location.secrets["STRANGER"].splitlines()[1]
    assert [text for text in said if "hunter2" in text or key in text] == []
    assert caplog.records


PEAK = """
import resource, sys
from pathlib import Path
from dropzone_assets.sources import SourceConfig, open_source
url, home, key = sys.argv[1:]
config = SourceConfig(name="partner", kind="sftp", url=url, credentials={"key": "KEY"})
source = open_source(config, Path(home), lambda _: key)
def whole(path):
    with source.open(path) as stream:
        return sum(len(piece) for piece in iter(lambda: stream.read(1024 * 1024), b""))
whole("small.bin")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(whole("large.bin"), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_is_read_in_little_memory(sshd: servers.Sshd, tmp_path: Path) -> None:
    location = SftpPlace(sshd, tmp_path)
    for name, size in (("small.bin", MEGABYTE), ("large.bin", 500 * MEGABYTE)):
        with (location.root / name).open("wb") as file:
            file.truncate(size)
    command = [sys.executable, "-c", PEAK, location.config().url, str(location.home), str(sshd.key)]
    size, grown = map(int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert size == 500 * MEGABYTE
    assert grown < 64 * 1024
    assert read(location, "small.bin") == bytes(MEGABYTE)
