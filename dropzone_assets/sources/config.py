"""How `sources.yaml` names the places to watch, and what a profile changes about them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dropzone_assets.archives import Bounds
from dropzone_assets.errors import BadSettings
from dropzone_assets.sources.receipts import Receipts

LIST_FILE = "files_list.data"

WORDS = {"user", "password", "token", "key", "passphrase", "ca", "archive_password"}
WORDS |= {"access_key", "secret_key", "session_token", "account", "sas", "connection_string", "service_account"}
"""What a source may have to know to be let in, or to open what it finds; each kind asks for its own."""


class SourceConfig(BaseModel):
    """One entry of `sources.yaml`.

    `credentials`: word (user, password, key …) → the environment variable that holds it. `include`, `exclude`: names,
    `*` for anything. `settle_seconds`: how long a file must be unchanged before it is read. `parallel`: files copied
    at once. `deliver`: to tables, or only to the raw zone. `after`: what becomes of a file once its rows are in the
    lake, or with `leave: loaded` in the warehouse.
    `gone`: what becomes of its rows when somebody else takes it away. `receipts`: where its sender finds what
    became of it. `archives`: bounds that differ from the usual ones. The last four are for some kinds only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: str = "folder"
    url: str = ""
    credentials: dict[str, str] = {}
    include: tuple[str, ...] = Field(default=("*",), min_length=1)
    exclude: tuple[str, ...] = ()
    settle_seconds: float = Field(default=2.0, ge=0)
    poll_seconds: float = Field(default=1.0, ge=0.1)
    parallel: int = Field(default=4, ge=1, le=64)
    deliver: Literal["tables", "raw"] = "tables"
    after: Literal["keep", "delete", "move"] = "keep"
    leave: Literal["published", "loaded"] = "published"
    move_to: str = ""
    gone: Literal["keep", "retract", "alarm"] = "keep"
    receipts: Receipts = Receipts()
    archives: Bounds = Bounds()
    urls: tuple[str, ...] = ()
    endpoint: str = ""
    region: str = "us-east-1"
    list_file: str = LIST_FILE

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not self.url and not (self.kind == "http" and self.urls):
            raise ValueError("it has no url")
        if any(urlsplit(url).password is not None for url in (self.url, *self.urls)):
            raise ValueError("the url holds a password: put it into a variable and name that under `credentials`")
        if unknown := self.credentials.keys() - WORDS:
            raise ValueError(f"credentials: {', '.join(sorted(unknown))}: not among {', '.join(sorted(WORDS))}")
        if (self.after == "move") != bool(self.move_to):
            raise ValueError("`after: move` and `move_to` need each other")
        if self.move_to and {"", ".", ".."} & {*self.move_to.removesuffix("/").split("/")}:
            raise ValueError("`move_to` is the plain name of a folder inside the source")
        return self


def load_sources(file: Path, profile: str = "") -> list[SourceConfig]:
    """The entries of `sources.yaml` as a profile changes them; one folder named `dropzone` where there is no such file.

    Args:
        profile: one of `profiles`, whose entries change or add fields of those under `sources` with the same name,
            and add new ones; empty or `default` for none.

    Raises:
        BadSettings: the file is not what it should be, or has no such profile; the message says where.
    """
    named = profile not in ("", "default")
    if not file.exists() and not named:
        return [SourceConfig(name="dropzone", url="dropzone")]
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if unknown := document.keys() - {"sources", "profiles"}:
            raise ValueError(f"{', '.join(sorted(unknown))}: not one of sources, profiles")
        profiles = document.get("profiles") or {}
        if named and profile not in profiles:
            raise ValueError(f"there is no profile {profile!r} but {', '.join(profiles) or 'none at all'}")
        entries = [*(document.get("sources") or []), *(profiles[profile] or [] if named else [])]
        configs = [SourceConfig.model_validate(entry) for entry in _merged(entries, len(document.get("sources") or []))]
    except (OSError, yaml.YAMLError, ValueError, AttributeError, TypeError, KeyError) as error:
        cure = "docs/sources/index.md shows an example."
        raise BadSettings(f"{file} cannot be read: {_said(error)}", cure) from error
    return configs


def _merged(entries: list[Mapping[str, Any]], first: int) -> list[dict[str, Any]]:
    """Entries by name; those from number `first` on change the earlier ones."""
    found: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(entries):
        name = entry["name"]
        if name in found and number < first:
            raise ValueError(f"two sources have the name {name}")
        found[name] = {**found.get(name, {}), **entry}
    return list(found.values())


def _said(error: Exception) -> str:
    """What is wrong, without the values: somebody may have written a password where a name belongs."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'an entry'}: {e['msg']}" for e in error.errors())
    if isinstance(error, AttributeError | TypeError):
        return "it should be `sources:` with a list of entries, each with a name and a url"
    return f"an entry has no {error}" if isinstance(error, KeyError) else str(error)
