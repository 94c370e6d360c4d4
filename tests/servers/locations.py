"""A place of every kind on real servers, each with a file, and a home that watches them all."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import trustme
import yaml

from dropzone_assets.sources import SourceConfig
from tests.azure.locations import AzurePlace
from tests.cases.sources import Location
from tests.gcs.test_gcs_source import GcsPlace
from tests.remote.test_ftp import FtpPlace
from tests.remote.test_sftp import SftpPlace
from tests.s3.locations import S3Place
from tests.s3.test_s3_file_list import S3ListPlace
from tests.samples import payment, payments
from tests.servers import debian, stores, web
from tests.sources.test_folder import FolderPlace
from tests.sources.test_http import HttpPlace

ROOT = Path(__file__).parents[2]

OF_THE_PLACE = ("kind", "url", "urls", "endpoint", "credentials")
"""Fields of an entry that say where the place is."""


class Watched(NamedTuple):
    """A place, and what else its entry says."""

    location: Location
    more: Mapping[str, Any]


@contextmanager
def locations(home: Path) -> Iterator[dict[str, Watched]]:
    """A place of every kind, by the name of its source, as long as the servers run."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dropzone-servers-")))
        scratch.chmod(0o755)
        folder = {name: scratch / name for name in ("s3", "azure", "gcs", "sshd", "sftp", "ftp", "ftps", "user", "web")}
        for each in folder.values():
            each.mkdir()
        start = stack.enter_context
        s3, azure = start(stores.s3(folder["s3"])), start(stores.azure(folder["azure"]))
        gcs, sshd = start(stores.gcs(folder["gcs"])), start(debian.sshd(folder["sshd"]))
        user = start(debian.account(folder["user"]))
        site = type("Site", (web.Web,), {"root": folder["web"]})
        authority = trustme.CA()
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(scratch / "tls.pem")
        ftp = start(debian.vsftpd(folder["ftp"], user))
        ftps = start(debian.vsftpd(folder["ftps"], user, scratch / "tls.pem"))
        settle = {"settle_seconds": 2}
        yield {
            "dropzone": Watched(FolderPlace(home), {}),
            "s3": Watched(S3Place(home, s3), {"after": "delete"}),
            "azure": Watched(AzurePlace(home, azure), {"after": "move", "move_to": "done"}),
            "gcs": Watched(GcsPlace(home, gcs), {"exclude": ["*.log"]}),
            "sftp": Watched(SftpPlace(sshd, folder["sftp"]), settle | {"archives": {"depth": 1}}),
            "ftp": Watched(FtpPlace(scratch / "plain", user, ftp), settle | {"parallel": 2}),
            "ftps": Watched(FtpPlace(scratch / "safe", user, ftps, authority.cert_pem.bytes().decode()), settle),
            "web": Watched(HttpPlace(home, site, start(web.serving(site))), {"poll_seconds": 10}),
            "listed": Watched(S3ListPlace(home, s3), {"poll_seconds": 10}),
        }


def prepare(home: Path, watched: Mapping[str, Watched]) -> None:
    """Write the home: contracts, the entries, the pinned key of the SSH server, and the secrets for a shell."""
    shutil.copytree(ROOT / "data" / "contracts", home / "contracts")
    entries, variables = [], {}
    for name, (location, more) in watched.items():
        config = location.config()
        entry = {k: v for k, v in config.model_dump(mode="json").items() if k in OF_THE_PLACE and v}
        entry["credentials"] = {word: f"{name}_{word}".upper() for word in config.credentials}
        variables |= {entry["credentials"][word]: location.secrets[held] for word, held in config.credentials.items()}
        entries.append(SourceConfig.model_validate({"name": name, **entry, **more}).model_dump(exclude_defaults=True))
    plain = json.loads(json.dumps({"sources": entries}))
    (home / "sources.yaml").write_text(yaml.safe_dump(plain, sort_keys=False))
    (home / "env").write_text("".join(f"{name}='{value}'\n" for name, value in variables.items()))
    known = watched["sftp"].location.home / "known_hosts"
    shutil.copy(known, home / "known_hosts")


def send(watched: Mapping[str, Watched]) -> dict[str, list[str]]:
    """Send a file to every place, a zip of two to the SFTP server; the payments in them, by place."""
    sent = {}
    for number, (name, (location, _)) in enumerate(watched.items(), start=1):
        path, content, sent[name] = sample(number, packed=name == "sftp")
        location.put(path, content)
    return sent


def sample(number: int, *, packed: bool) -> tuple[str, bytes, list[str]]:
    """A small file of payments for today, or a zip of two; its name, its bytes, the payments in it."""
    now = datetime.now(UTC)
    names = [f"payments_{now:%Y%m%d}_{number:02}{part:02}00.csv" for part in range(2 if packed else 1)]
    rows = [name.removesuffix(".csv") for name in names]
    contents = [payments(payment(row, f"{now:%Y-%m-%d}")) for row in rows]
    if not packed:
        return names[0], contents[0].encode(), rows
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in zip(names, contents, strict=True):
            archive.writestr(name, content)
    return "payments.zip", buffer.getvalue(), rows
