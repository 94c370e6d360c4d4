"""The objects below a URL that somebody else writes: listed by pages of Arrow, read, and taken away."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, BinaryIO, cast

import obstore
import pyarrow as pa
import pyarrow.compute as pc
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import BaseError, InvalidPathError

from dropzone_assets.arrow import column
from dropzone_assets.errors import NotLetIn, SourceUnavailable
from dropzone_assets.store.access import Access
from dropzone_assets.store.answers import our, said
from dropzone_assets.store.body import CHUNK, Body
from dropzone_assets.store.clients import THEIRS, Client, open_client, session, split
from dropzone_assets.store.columns import Tagged, columns, tag

PAGE = 50_000
"""Objects of a page: the more of them are looked for together, the less each costs."""

REMEMBERED = 100_000
"""Empty objects that are known to be files."""

COPIED_AT_ONCE = 256 << 20
"""Bytes that S3 copies in one request before it is silent for too long; more than 5 GiB it refuses."""


class Objects:
    """Objects at a URL (`s3`, `az`, `gs`; `http` and `https` cannot be listed). Making one opens nothing.

    Args:
        name: what errors call the place.
        scrub: takes secrets out of what a driver says.
    """

    def __init__(self, url: str, access: Access, name: str, scrub: Callable[[object], str]) -> None:
        self._url = url.rstrip("/")
        self._access = access
        self._location = f"{name} ({self._where()})"
        self._scrub = scrub
        self._empty: set[Tagged] = set()

    def pages(self) -> Iterator[pa.RecordBatch]:
        """Path, version, size and problem of every object that is not the marker of a folder.

        Raises:
            Permanent: there is no such bucket, or a name in it that its store cannot list.
        """
        last = ""
        with self._answering():
            try:
                for batch in obstore.list(self._client, chunk_size=PAGE, return_arrow=True):
                    found = pa.record_batch(batch)
                    last = found["path"][-1].as_py()
                    yield self._without_markers(columns(found))
            except FileNotFoundError as error:
                raise our(error, self._location, self._scrub(said(error))) from error
            except InvalidPathError:
                if not self._url.startswith("s3:"):
                    raise
                yield from self._plain(last)

    def open(self, path: str) -> BinaryIO:
        """The bytes of an object as a stream.

        Raises:
            FileNotFoundError: there is no such object.
        """
        return cast(BinaryIO, io.BufferedReader(Body(self._client, path, self._answering), CHUNK))

    def version(self, path: str) -> str:
        """The version of an object now, as `pages` gives it; empty when there is none."""
        with self._answering():
            try:
                return tag(obstore.head(self._client, path))
            except FileNotFoundError:
                return ""

    def remove(self, path: str) -> None:
        """Delete an object if it is there."""
        with self._answering(), suppress(FileNotFoundError):
            obstore.delete(self._client, path)

    def write(self, path: str, content: bytes) -> None:
        """Put an object, replacing what has its name; it appears whole."""
        with self._answering():
            obstore.put(self._client, path, content)

    def move(self, path: str, to: str) -> None:
        """Give an object another name if it is there; the old one goes once the new one is complete."""
        with self._answering(), suppress(FileNotFoundError):
            size = obstore.head(self._client, path)["size"]
            self._copy(path, to, size)
            if obstore.head(self._client, to)["size"] != size:
                raise SourceUnavailable(f"{self._location}: {to} is not complete yet.", "It is moved later.")
            obstore.delete(self._client, path)

    def _copy(self, path: str, to: str, size: int) -> None:
        _, bucket, prefix = split(self._url)
        if not self._url.startswith("s3:") or size < COPIED_AT_ONCE:
            obstore.copy(self._client, path, to)
            return
        whole = {key: "/".join(filter(None, (prefix, key))) for key in (path, to)}
        self._boto().copy({"Bucket": bucket, "Key": whole[path]}, bucket, whole[to])

    def _plain(self, last: str) -> Iterator[pa.RecordBatch]:
        """The rest of an S3 listing after `last`, by a client that takes every name."""
        _, bucket, prefix = split(self._url)
        below = f"{prefix}/" if prefix else ""
        paginator = self._boto().get_paginator("list_objects_v2")
        for page in paginator.paginate(Bucket=bucket, Prefix=below, StartAfter=below + last if last else ""):
            found = [each for each in page.get("Contents", []) if each["Size"] or not each["Key"].endswith("/")]
            rows = [(o["Key"][len(below) :], o["Size"], o["ETag"], o["LastModified"]) for o in found]
            if rows:
                names = ("path", "size", "e_tag", "last_modified")
                yield columns(pa.record_batch(dict(zip(names, zip(*rows, strict=True), strict=True))))

    def _without_markers(self, page: pa.RecordBatch) -> pa.RecordBatch:
        """A page without the empty objects that some programs make where a folder should be: `name/`.

        The listing gives them as `name`; an object of that name there is only if it is a file.
        """
        has_none = pc.invert(pc.cast(page["size"], pa.bool_()))
        empty = page.filter(has_none).select(["path", "version"])
        asked = {Tagged(*row) for row in zip(*(c.to_pylist() for c in empty.columns), strict=True)} - self._empty
        if not asked:
            return page
        with ThreadPoolExecutor(16) as pool:
            versions = pool.map(self.version, [each.path for each in asked])
            real = {each for each, version in zip(asked, versions, strict=True) if version == each.version}
        self._empty = real if len(self._empty) > REMEMBERED else self._empty | real
        markers = column([each.path for each in asked - real])
        return page.filter(pc.invert(pc.and_(has_none, pc.is_in(page["path"], markers))))

    @cached_property
    def _client(self) -> Client:
        try:
            return open_client(self._url, self._access, THEIRS)
        except BaseError as error:
            text = self._scrub(said(error))
            raise NotLetIn(f"{self._location} cannot be asked: {text}", "Check its url and credentials.") from error

    def _boto(self) -> Any:
        found = session(self._access.s3)
        config = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3})
        if found.get_credentials() is None:
            config = config.merge(Config(signature_version=UNSIGNED))
        return found.client("s3", endpoint_url=self._access.s3.endpoint or None, config=config)

    def _where(self) -> str:
        endpoints = {"s3": self._access.s3.endpoint, "az": self._access.azure.endpoint, "gs": self._access.gcs.endpoint}
        endpoint = endpoints.get(split(self._url)[0], "")
        return f"{self._url} at {endpoint}" if endpoint else self._url

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, BotoCoreError, ClientError, ValueError) as error:
            raise our(error, self._location, self._scrub(said(error))) from error
