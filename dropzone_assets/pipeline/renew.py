"""Renew: files of a folder that an earlier release listed by size and mtime alone go on under the version of now."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from dropzone_assets.files import Listed
from dropzone_assets.platform import Platform

VERSION = re.compile(r"(?P<before>\d+-(?P<mtime>-?\d+))(?P<later>[+-]\d+)")
"""What a folder lists: what it listed before, and how much later (nanoseconds) the inode changed."""


def renew(platform: Platform, name: str, new: Mapping[str, Listed], arrived: datetime) -> set[str]:
    """Those of the new files, by key, that the ledger has known before, and that have not changed since.

    Nothing of them is read, and no row of them changes. An inode that changed after its file was listed may hold other
    bytes: that one is new.

    Args:
        new: key → what is listed for the first time.
        arrived: the moment at which something arrives at these paths.
    """
    if platform.configs[name].kind != "folder":
        return set()
    known: dict[str, tuple[Listed, datetime]] = {}
    for item in new.values():
        if found := VERSION.fullmatch(item.version):
            seconds = (int(found["mtime"]) + int(found["later"])) / 1e9
            changed = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
            known[replace(item, version=found["before"]).key] = (item, changed)
    ledger = platform.ledger
    same = {d.key: known[d.key][0] for d in ledger.worklist.of_keys(list(known)) if known[d.key][1] < d.arrived}
    return ledger.renewals.renewed(same, arrived) if same else set()
