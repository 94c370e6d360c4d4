"""No SFTP server is believed before a person pinned its key, and none that shows another one afterwards."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.errors import BadSettings, NotLetIn
from tests.cases.sources import listed
from tests.remote.test_sftp import SftpPlace
from tests.servers import debian as servers
from tests.servers.debian import Sshd

Run = Callable[..., Result]


@pytest.fixture
def location(sshd: Sshd, tmp_path: Path) -> SftpPlace:
    location = SftpPlace(sshd, tmp_path)
    (location.home / "known_hosts").unlink()
    return location


@pytest.fixture
def run(location: SftpPlace, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command `dropzone sources`, with what a person types."""
    entry = location.config().model_dump(include={"name", "kind", "url", "credentials"})
    (location.home / "sources.yaml").write_text(yaml.safe_dump({"sources": [entry]}))
    monkeypatch.setenv("DROPZONE_HOME", str(location.home))
    for name, value in location.secrets.items():
        monkeypatch.setenv(name, value)
    return lambda *words, typed="": CliRunner().invoke(app, ["sources", *words], input=typed)


def fingerprint(server: Sshd, folder: Path) -> str:
    """What OpenSSH's own tool says."""
    file = folder / "shown.pub"
    file.write_text(server.host_key)
    return subprocess.run(["ssh-keygen", "-lf", file], capture_output=True, check=True, text=True).stdout.split()[1]


def test_a_server_nobody_knows_is_not_spoken_to(location: SftpPlace) -> None:
    with pytest.raises(NotLetIn, match="nobody has pinned") as error:
        listed(location)
    assert error.value.cure == "Run: dropzone sources trust partner."


def test_a_key_is_pinned_by_a_person_who_sees_its_fingerprint(
    location: SftpPlace, run: Run, sshd: Sshd, tmp_path: Path
) -> None:
    location.put("a.csv", b"")
    (location.home / "known_hosts").write_text("# mine\nother.example ssh-ed25519 AAAA\n")
    assert run("check", "partner").exit_code == 1
    declined = run("trust", "partner", typed="\n")
    assert (declined.exit_code, "Nothing was pinned" in declined.output) == (1, True)
    assert fingerprint(sshd, tmp_path) in declined.output
    (location.home / "known_hosts").write_text("# mine\nother.example ssh-rsa AAAA\n")
    with pytest.raises(NotLetIn):
        listed(location)
    assert "Pinned." in run("trust", "partner", typed="y\n").output
    checked = run("check", "partner")
    assert (checked.exit_code, "1 files." in checked.output) == (0, True)
    assert "other.example" in (location.home / "known_hosts").read_text()
    again = run("trust", "partner")
    assert (again.exit_code, "the key that is pinned" in again.output) == (0, True)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_that_changed_is_refused_until_a_person_pins_it(
    location: SftpPlace, run: Run, tmp_path: Path, kind: str, sshd: Sshd
) -> None:
    new = tmp_path / "new"
    new.mkdir()
    with servers.sshd(new, servers.new_key(new / "host", kind)) as changed:
        old = f"[127.0.0.1]:{changed.port} {sshd.host_key}"
        (location.home / "known_hosts").write_text(old)
        other = SftpPlace.config(location, url=location.config().url.replace(str(location.port), str(changed.port)))
        with pytest.raises(NotLetIn, match="does not show the key that was pinned") as error:
            listed(location, url=other.url)
        assert fingerprint(sshd, tmp_path) in str(error.value)
        entry = other.model_dump(include={"name", "kind", "url"}) | {"credentials": {"key": "KEY"}}
        (location.home / "sources.yaml").write_text(yaml.safe_dump({"sources": [entry]}))
        asked = run("trust", "partner", typed="y\n")
        assert "The key has changed" in asked.output
        assert fingerprint(sshd, tmp_path) in asked.output
        assert fingerprint(changed, tmp_path) in asked.output
        location.secrets["KEY"] = changed.key.read_text()
        assert listed(location, url=other.url) == {}
        lines = (location.home / "known_hosts").read_text().splitlines()
        assert len(lines) == 1


def test_a_file_of_pins_that_cannot_be_read_is_named(location: SftpPlace) -> None:
    (location.home / "known_hosts").write_text("nonsense\n")
    with pytest.raises(BadSettings, match="known_hosts"):
        listed(location)


def test_every_place_is_listed_with_how_it_is_watched(run: Run) -> None:
    listing = run("list", "--json")
    assert '"kind": "sftp"' in listing.output
    assert run("list").exit_code == 0
    assert run("check", "nobody").exit_code == 1
