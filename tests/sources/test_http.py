"""HTTP keeps the promises of sources, against a server in this process."""

import base64
import gzip
import logging
import os
import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
import trustme
import yaml

from dropzone_assets.errors import BadSettings, DropzoneError, NotLetIn, Permanent, SourceUnavailable
from dropzone_assets.sources import SourceConfig, http, load_sources, open_source
from dropzone_assets.sources.listing import Found
from tests.cases.sources import SourceCases, listed, opened, read, version
from tests.remote.proxy import Proxy
from tests.servers.debian import free_port
from tests.servers.web import Web, serving

SECRETS = {"PASSWORD": "hunter2-is-secret", "WRONG": "not-the-secret", "TOKEN": "token-of-secret"}


class HttpPlace:
    """A folder on the web, whose every file ever sent is in the list."""

    secrets = SECRETS

    def __init__(self, home: Path, web: type[Web], port: int) -> None:
        self.home = home
        self.web = web
        self.root = web.root
        self.url = f"http://127.0.0.1:{port}/files"
        self.sent = ["never.csv"]

    def config(self, **fields: Any) -> SourceConfig:
        urls = [quote(path) for path in self.sent]
        usual = {"name": "partner", "kind": "http", "url": self.url, "urls": urls, "settle_seconds": 0}
        return SourceConfig.model_validate({**usual, **fields})

    def dead(self) -> SourceConfig:
        return self.config(url=f"http://127.0.0.1:{free_port()}/files")

    def stranger(self) -> SourceConfig:
        self.web.authorization = "Basic " + base64.b64encode(b"user:hunter2-is-secret").decode()
        return self.config(credentials={"user": "WRONG", "password": "WRONG"})

    def put(self, path: str, content: bytes) -> None:
        file = self.root / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.stat().st_mtime if file.exists() else 0.0
        file.write_bytes(content)
        if before:
            os.utime(file, (before + 1, before + 1))
        if path not in self.sent:
            self.sent.append(path)

    def remove(self, path: str) -> None:
        (self.root / "files" / path).unlink()


@pytest.fixture
def web(tmp_path: Path) -> type[Web]:
    class Here(Web):
        root = tmp_path
        codes: ClassVar = {}
        redirects: ClassVar = {}
        seen: ClassVar = []

    return Here


@pytest.fixture
def location(tmp_path: Path, web: type[Web], monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpPlace]:
    monkeypatch.setattr(http, "PATIENCE", 1.0)
    monkeypatch.setattr(http, "CONNECT", 1.0)
    with serving(web) as port:
        yield HttpPlace(tmp_path, web, port)


CANNOT = "a server cannot be asked to take a file away"


class TestHttp(SourceCases):
    exceptions: ClassVar = {
        "test_a_file_that_was_loaded_can_be_taken_away_twice": CANNOT,
        "test_a_file_that_was_loaded_can_be_moved_twice_and_is_not_listed_again": CANNOT,
        "test_a_receipt_is_left_whole_replaces_an_older_one_and_is_no_file_of_the_place": "a server takes no files",
    }


@pytest.mark.parametrize("tells", [("ETag",), ("Last-Modified",), ()])
@pytest.mark.parametrize("head", [200, 403, 405, 501])
def test_a_version_is_what_the_server_tells_or_what_the_bytes_are(
    location: HttpPlace, web: type[Web], tells: tuple[str, ...], head: int
) -> None:
    web.tells = tells
    web.codes["HEAD files/a.csv"] = head
    location.put("a.csv", b"before")
    before = version(location, "a.csv")
    assert before == version(location, "a.csv") == listed(location)["a.csv"].version
    assert listed(location)["a.csv"].size == 6
    location.put("a.csv", b"after!")
    assert version(location, "a.csv") not in (before, "")


@pytest.mark.parametrize(
    ("urls", "paths"),
    [
        (["https://a/x/one.csv", "https://b/two.csv?sig=1"], ["one.csv", "two.csv"]),
        (["https://a/x/one.csv", "https://b/one.csv"], ["a/x/one.csv", "b/one.csv"]),
        (["https://a/get?file=1", "https://a/get?file=2"], ["a/get?file=1", "a/get?file=2"]),
        (["https://a/", "https://b/Gr%C3%BC%C3%9Fe.csv"], ["a", "Grüße.csv"]),
    ],
)
def test_a_url_has_a_name_of_its_own(tmp_path: Path, urls: list[str], paths: list[str]) -> None:
    entry = SourceConfig(name="partner", kind="http", urls=tuple(urls))
    assert list(http._paths(entry)) == paths


def test_one_url_that_fails_hides_no_other(location: HttpPlace, web: type[Web]) -> None:
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        location.put(name, b"12")
    web.codes |= {"files/b.csv": 503, "files/c.csv": 403}
    found: list[Found] = []
    with opened(location) as source, pytest.raises(SourceUnavailable) as error:
        for page in source.list():
            found += [Found(**row) for row in page.to_pylist()]
    assert [item.path for item in found] == ["a.csv", "d.csv"]
    assert f"{location.url}/b.csv answers 503" in str(error.value)
    assert f"{location.url}/c.csv answers 403" in str(error.value)
    web.codes["files/b.csv"] = 403
    with pytest.raises(NotLetIn):
        listed(location)
    with pytest.raises(NotLetIn):
        read(location, "c.csv")


@pytest.mark.parametrize(("code", "kind"), [(500, SourceUnavailable), (429, SourceUnavailable), (400, Permanent)])
def test_an_answer_is_worth_waiting_for_or_not(
    location: HttpPlace, web: type[Web], code: int, kind: type[DropzoneError]
) -> None:
    location.put("a.csv", b"")
    web.codes["files/a.csv"] = code
    with pytest.raises(kind, match=str(code)):
        read(location, "a.csv")


@pytest.mark.parametrize("fault", ["reset", "stall"])
@pytest.mark.parametrize("after", [0, 1_000_000])
def test_a_connection_that_breaks_is_named_and_made_again(
    location: HttpPlace, tmp_path: Path, fault: str, after: int
) -> None:
    content = bytes(range(256)) * 20_000
    location.put("a.bin", content)
    with Proxy(int(location.url.rsplit(":")[-1].split("/")[0])) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/files"
        with opened(location, location.config(url=url)) as source:
            proxy.fault, proxy.after = fault, after  # type: ignore[assignment]
            with pytest.raises(SourceUnavailable, match=f"partner: {url}/a.bin"), source.open("a.bin") as stream:
                while stream.read(65_536):
                    pass
            proxy.fault = ""
            with source.open("a.bin") as stream:
                assert stream.read() == content
            with source.open("a.bin") as stream:  # left early
                assert stream.read(10) == content[:10]
            source.close()
            assert source.version("a.bin")


@pytest.mark.parametrize("credentials", [{"user": "WRONG", "password": "PASSWORD"}, {"token": "TOKEN"}])
def test_credentials_get_us_in_and_go_nowhere_else(
    location: HttpPlace, web: type[Web], tmp_path: Path, credentials: dict[str, str]
) -> None:
    basic = base64.b64encode(b"not-the-secret:hunter2-is-secret").decode()
    web.authorization = f"Basic {basic}" if "user" in credentials else "Bearer token-of-secret"
    location.put("a.csv", b"12")
    assert listed(location, credentials=credentials)["a.csv"].size == 2

    class Elsewhere(Web):
        root = tmp_path
        seen: ClassVar = []

    with serving(Elsewhere) as port:
        web.redirects["files/a.csv"] = f"http://127.0.0.1:{port}/files/a.csv"
        assert listed(location, credentials=credentials)["a.csv"].size == 2
        assert read(location, "a.csv") == b"12"
    assert {authorization for _, _, authorization in Elsewhere.seen} == {""}


def test_no_server_sends_us_on_for_ever_or_out_of_the_web(
    location: HttpPlace, web: type[Web], monkeypatch: pytest.MonkeyPatch
) -> None:
    location.put("a.csv", b"12")
    web.redirects["files/a.csv"] = "/files/a.csv"
    with pytest.raises(Permanent, match="on and on"):
        listed(location)
    web.redirects["files/a.csv"] = "file:///etc/hostname"
    with pytest.raises(NotLetIn, match="sends us on to file"):
        listed(location)


def test_a_server_is_known_by_its_certificate_and_does_not_send_us_into_the_clear(
    location: HttpPlace, web: type[Web]
) -> None:
    authority = trustme.CA()
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(secure)
    location.put("a.csv", b"12")
    with serving(web, secure) as port:
        entry = {"url": f"https://localhost:{port}/files"}
        with pytest.raises(NotLetIn, match="not who it claims to be"):
            listed(location, **entry)
        known = {**entry, "credentials": {"ca": "CA"}}
        location.secrets = {**SECRETS, "CA": authority.cert_pem.bytes().decode()}
        assert list(listed(location, **known)) == ["a.csv"]
        web.redirects["files/a.csv"] = f"{location.url}/b.csv"
        with pytest.raises(NotLetIn, match="sends us on to http"):
            listed(location, **known)


def test_a_packed_file_arrives_packed_and_a_packed_answer_does_not(location: HttpPlace, web: type[Web]) -> None:
    packed = gzip.compress(b"a,b\n")
    web.encoding = "gzip"
    location.put("a.csv.gz", packed)
    location.put("a.csv", packed)
    assert (read(location, "a.csv.gz"), read(location, "a.csv")) == (packed, b"a,b\n")


@pytest.mark.parametrize(
    "entry",
    [
        {"url": "https://a/b", "after": "delete"},
        {"url": "https://a/b", "after": "move", "move_to": "c"},
        {"url": "https://a/b", "receipts": {"folder": "c"}},
        {"url": "ftp://a/b"},
        {"url": "a"},
        {"url": "https://"},
        {"urls": ["a.csv"]},
        {"urls": ["https://a/b", "https://a/b"]},
        {"urls": ["https://user:secret@a/b"]},
        {"urls": ["https://a:port/b"]},
        {},
    ],
    ids=range(11),
)
def test_an_entry_that_cannot_be_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(yaml.safe_dump({"sources": [{"name": "partner", "kind": "http", **entry}]}))
    with pytest.raises(BadSettings, match=r"sources\.yaml") as error:
        open_source(load_sources(file)[0], tmp_path, str)
    assert "secret" not in str(error.value)


def test_no_secret_is_ever_said(location: HttpPlace, web: type[Web], caplog: pytest.LogCaptureFixture) -> None:
    web.authorization = "nobody"
    said = []
    with caplog.at_level(logging.DEBUG):
        for url in (location.url, location.dead().url):
            for credentials in ({"user": "WRONG", "password": "PASSWORD"}, {"token": "TOKEN"}):
                with pytest.raises(DropzoneError) as error:
                    listed(location, url=url, urls=["a.csv"], credentials=credentials)
                said += traceback.format_exception(error.value)
    assert caplog.records
    hidden = [*SECRETS.values(), base64.b64encode(b"not-the-secret:hunter2-is-secret").decode()]
    assert [text for text in [*said, caplog.text] for secret in hidden if secret in text] == []
