"""List source: its files without what is no file yet, every file with its key, page by page."""

import re
from collections.abc import Iterator

from dropzone_assets.engine import Connection, literal, rows
from dropzone_assets.files import KEY_LENGTH
from dropzone_assets.sources import ACCEPTED, REJECTED, Source, SourceConfig

LOOKED = "looked"

NOT_YET = r"(^|/)(_|\.([^./]|\.[^/]))|\.(tmp|part|filepart|crdownload)$"
"""Hidden names, folders with hidden names, and endings that upload programs give to files they have not finished.

`.` and `..` are no hidden names: they lead elsewhere, which is said.
"""

UNPRINTABLE = r"[\p{C}\p{Zl}\p{Zp}]"
SIDECAR = r"\.(md5|sha256|manifest\.json)$"
"""Files that say what another file must be."""

RECEIPT = rf"({re.escape(ACCEPTED)}|{re.escape(REJECTED)})$"
"""Files that we leave for senders: no files of a source that has receipts."""


def list_source(connection: Connection, source: Source, config: SourceConfig) -> Iterator[str]:
    """List a source. Each page is a view in `connection`, which the next page replaces; its name is given.

    Nothing of a page is computed before it is asked for. The view has key, path, version, size, settled,
    problem and sidecar. The key is that of `files.Listed`.

    Raises:
        SourceUnavailable: the place cannot be reached.
        Permanent: it does not let us in.
    """
    for page in source.list():
        connection.register("page", page)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {LOOKED} AS {_statement(config)}")
        yield LOOKED
        connection.unregister("page")


def left_out(connection: Connection, config: SourceConfig, path: str) -> str:
    """Why a look at a source takes no notice of a file of that name, in a few words; empty when it does."""
    not_yet = f"regexp_matches(lower(path), {literal(NOT_YET)})"
    said = f"CASE WHEN {not_yet} THEN 'no file yet, by its name' WHEN {wanted(config)} THEN '' ELSE 'not asked for' END"
    return str(rows(connection, f"SELECT {said} FROM (SELECT $1 AS path)", [path])[0][0])


def _statement(config: SourceConfig) -> str:
    identity = f"{literal(config.name)} || chr(0) || path || chr(0) || version"
    return (
        f"SELECT left(sha256({identity}), {KEY_LENGTH}) AS key, path, version, size, settled, CASE "
        f"WHEN problem <> '' THEN problem WHEN regexp_matches(path, {literal(UNPRINTABLE)}) "
        "THEN 'has a control character in its name' ELSE '' END AS problem, "
        f"regexp_matches(lower(path), {literal(SIDECAR)}) AS sidecar FROM page WHERE {wanted(config)}"
    )


def wanted(config: SourceConfig) -> str:
    """SQL of `path`: it is a file that is asked for.

    A pattern without a folder is for the name alone; sidecars follow their files.
    """
    chosen = [f"NOT regexp_matches(lower(path), {literal(NOT_YET)})"]
    chosen += [f"({' OR '.join(map(_matches, config.include))} OR regexp_matches(lower(path), {literal(SIDECAR)}))"]
    chosen += [f"NOT {_matches(pattern)}" for pattern in config.exclude]
    if config.receipts:
        chosen.append(f"NOT regexp_matches(lower(path), {literal(RECEIPT)})")
    for folder in filter(None, (config.move_to, config.receipts.folder)):
        chosen.append(f"NOT starts_with(path, {literal(folder.strip('/') + '/')})")
    return " AND ".join(chosen)


def _matches(pattern: str) -> str:
    subject = "path" if "/" in pattern else "regexp_extract(path, '[^/]*$')"
    return f"{subject} GLOB {literal(pattern)}" if pattern != "*" else "true"
