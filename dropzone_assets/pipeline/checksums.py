"""Checksums: what a file beside a file says of it must be true."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dropzone_assets.errors import Refused
from dropzone_assets.files import Delivery
from dropzone_assets.platform import Platform

DIGESTS = {"md5": 32, "sha256": 64}
"""Algorithm, which is also the sidecar's ending → hex digits of its digests."""

MANIFEST = "manifest.json"
LARGEST = 1 << 16
"""Bytes of a sidecar that are read."""


class Manifest(BaseModel):
    """What `NAME.manifest.json` may say of `NAME`; other fields are nobody's business."""

    model_config = ConfigDict(frozen=True)

    rows: int | None = Field(default=None, ge=0)
    size: int | None = Field(default=None, ge=0)
    md5: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Promise:
    """What one sidecar says."""

    sidecar: str
    manifest: Manifest


def sidecars_of(platform: Platform, deliveries: Sequence[Delivery]) -> dict[str, list[str]]:
    """Delivery → the sidecars that have been seen beside its file."""
    endings = [written for ending in (*DIGESTS, MANIFEST) for written in (ending, ending.upper())]
    asked: dict[str, list[str]] = {}
    for delivery in deliveries:
        asked.setdefault(delivery.source, []).extend(f"{delivery.path}.{ending}" for ending in endings)
    seen = {(name, path) for name, paths in asked.items() for path in platform.ledger.arrivals.sidecars(name, paths)}
    found = {d.key: [f"{d.path}.{e}" for e in endings if (d.source, f"{d.path}.{e}") in seen] for d in deliveries}
    return {key: names for key, names in found.items() if names}


def verified(platform: Platform, delivery: Delivery, copy: Path, sidecars: Sequence[str]) -> Delivery:
    """The delivery with what its manifest promises of rows, once its bytes are what the sidecars say.

    Raises:
        Refused: they are not, or a sidecar cannot be understood.
        SourceUnavailable: a sidecar cannot be read at the moment.
    """
    for promise in _promises(platform, delivery, sidecars):
        _compare(delivery, promise, "size", copy.stat().st_size)
        for algorithm in DIGESTS:
            if getattr(promise.manifest, algorithm):
                with copy.open("rb") as stream:
                    _compare(delivery, promise, algorithm, file_digest(stream, algorithm).hexdigest())
        if promise.manifest.rows is not None:
            delivery = replace(delivery, rows_promised=promise.manifest.rows)
    return delivery


def _promises(platform: Platform, delivery: Delivery, sidecars: Sequence[str]) -> Iterator[Promise]:
    source = platform.sources[delivery.source]
    for path in sidecars:
        try:
            with source.open(path) as stream:
                yield Promise(path, _understood(path, stream.read(LARGEST).decode("utf-8-sig", "replace")))
        except FileNotFoundError:  # it was there once; the file's own version tells whether the file is the same
            continue


def _understood(path: str, text: str) -> Manifest:
    """A manifest, or the one digest in a file as `md5sum` and `sha256sum` write it."""
    try:
        if path.lower().endswith(MANIFEST):
            return Manifest.model_validate(json.loads(text))
        algorithm = path.rpartition(".")[2].lower()
        (digest,) = re.findall(rf"\b[0-9a-fA-F]{{{DIGESTS[algorithm]}}}\b", text)
        return Manifest.model_validate({algorithm: digest})
    except (ValueError, ValidationError) as error:
        raise Refused(f"{path} cannot be understood.", "Ask the sender what it should say.") from error


def _compare(delivery: Delivery, promise: Promise, what: str, found: object) -> None:
    promised = getattr(promise.manifest, what)
    if promised not in (None, "") and str(promised).lower() != str(found):
        raise Refused(
            f"{delivery.path} is not what {promise.sidecar} says: its {what} is {found}, not {promised}.",
            "Ask the sender for both files again.",
        )
