"""A prefix in a container of a real blob service, seen from the sender."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from email.utils import formatdate
from hashlib import sha256
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from dropzone_assets.sources import SourceConfig
from tests.servers.stores import AZURE_ACCOUNT as ACCOUNT
from tests.servers.stores import AZURE_KEY as KEY

CONTAINER = "arrivals"
NUMBERS = count()


def send(endpoint: str, method: str, path: str, content: bytes = b"", query: str = "") -> int:
    """Ask the blob service as the owner of the account (Shared Key); the status of its answer."""
    target = f"/{ACCOUNT}/{quote(path)}"
    headers = {"x-ms-blob-type": "BlockBlob"} if method == "PUT" and not query else {}
    headers |= {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    length = str(len(content)) if content else ""
    lines = [method, "", "", length, *[""] * 8, *(f"{k}:{v}" for k, v in sorted(headers.items()))]
    resource = f"/{ACCOUNT}{target}" + (f"\n{query.replace('=', ':')}" if query else "")
    signature = hmac.new(b64decode(KEY), "\n".join([*lines, resource]).encode(), sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{b64encode(signature).decode()}"
    connection = HTTPConnection(urlsplit(endpoint).netloc)
    try:
        connection.request(method, target + (f"?{query}" if query else ""), content, headers)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return answer.status


def signature(permissions: str, until: str) -> str:
    """A shared access signature for the container."""
    fields = {"sp": permissions, "se": until, "spr": "https,http", "sv": "2021-08-06", "sr": "c"}
    resource = f"/blob/{ACCOUNT}/{CONTAINER}"
    lines = [permissions, "", until, resource, "", "", fields["spr"], fields["sv"], "c", *[""] * 7]
    signed = hmac.new(b64decode(KEY), "\n".join(lines).encode(), sha256).digest()
    return urlencode({**fields, "sig": b64encode(signed).decode()})


class Secrets(dict[str, str]):
    """What nobody may read; the name of the account is in every address."""

    def __missing__(self, name: str) -> str:
        return ACCOUNT


class AzurePlace:
    """A prefix that nobody else uses."""

    secrets: Mapping[str, str] = Secrets({"ARRIVALS_KEY": KEY, "WRONG": "d3Jvbmcga2V5"})

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home = home
        self.endpoint = endpoint
        self.prefix = f"in/{next(NUMBERS)}"
        assert send(endpoint, "PUT", CONTAINER, query="restype=container") in (201, 409)

    def config(self, **fields: Any) -> SourceConfig:
        credentials = {"account": "ARRIVALS_ACCOUNT", "key": "ARRIVALS_KEY"}
        location = {"name": "arrivals", "kind": "azure", "url": f"az://{CONTAINER}/{self.prefix}", "settle_seconds": 0}
        entry = {**location, "endpoint": self.endpoint, "credentials": credentials, **fields}
        return SourceConfig.model_validate(entry)

    def dead(self) -> SourceConfig:
        return self.config(endpoint=f"http://127.0.0.1:9/{ACCOUNT}")

    def stranger(self) -> SourceConfig:
        return self.config(credentials={"account": "ARRIVALS_ACCOUNT", "key": "WRONG"})

    def missing(self) -> SourceConfig:
        return self.config(url="az://nowhere-at-all/in")

    def put(self, path: str, content: bytes) -> None:
        assert send(self.endpoint, "PUT", f"{CONTAINER}/{self.prefix}/{path}", content) == 201

    def remove(self, path: str) -> None:
        assert send(self.endpoint, "DELETE", f"{CONTAINER}/{self.prefix}/{path}") == 202
