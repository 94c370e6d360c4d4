"""What can be set from outside. This is the only reader of the environment."""

import os
import re
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dropzone_assets.allowed import (
    FirstDay,
    Folder,
    Home,
    LedgerUrl,
    LocalFile,
    Location,
    Memory,
    OnOff,
    Patience,
    Port,
    Threads,
    Web,
)
from dropzone_assets.errors import BadSettings
from dropzone_assets.homes import find_home
from dropzone_assets.inherited import OPTION_PREFIXES, OPTIONS

PREFIX = "DROPZONE_"


class Settings(BaseSettings):
    """Every field is `DROPZONE_<NAME>` in the environment, with a default that works on a laptop; empty is not set.

    `raw_url`, `lake_url`, `ledger_url` and `warehouse_path` default to places inside `home`, and what they say
    without a leading slash is inside it too; `~` is the folder of the user. Credentials of
    stores are not settings: their clients read them from where they always look (`AWS_ACCESS_KEY_ID`, profiles, roles,
    `AZURE_STORAGE_ACCOUNT_KEY`, `GOOGLE_APPLICATION_CREDENTIALS`).
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True)

    home: Home = Path("data")
    raw_url: Location = ""
    lake_url: Location = ""
    ledger_url: LedgerUrl = ""
    warehouse_path: LocalFile = ""
    profile: str = ""
    start_date: FirstDay = date(2013, 1, 1)
    threads: Threads = None
    memory_limit: Memory = ""
    s3_endpoint: Web = Field(
        default="", validation_alias=AliasChoices("DROPZONE_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    )
    s3_region: str = Field(
        default="us-east-1", validation_alias=AliasChoices("DROPZONE_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    )
    azure_endpoint: Web = ""
    sync: OnOff = "on"
    port: Port = 3000
    patience: Patience = 60.0
    dagster_home: Folder = Field(default="", validation_alias="DAGSTER_HOME")

    @classmethod
    def from_env(cls, profile: str = "") -> "Settings":
        """The settings of this process, in a home whose place is absolute: a change of folder changes nothing.

        What the file `.env` of the home sets and the environment does not is set for this process and its children.

        Args:
            profile: instead of `DROPZONE_PROFILE`, where it is not empty.

        Raises:
            BadSettings: there is no home, or a variable says what cannot be; the message says which and what can.
        """
        home = find_home(os.environ.get("DROPZONE_HOME", ""), Path.cwd())
        filled = _fill_environment(home / ".env")
        try:
            settings = cls(home=home)
        except ValidationError as error:
            wrong = {_variable(str(each["loc"][0])): each for each in error.errors(include_url=False)}
            found = [_said(name, each, filled) for name, each in wrong.items()]
            cure = f"Correct what is wrong, or have the default: unset {' '.join(wrong)}"
            # pydantic's own words show what was set, which may hold a password.
            raise BadSettings(" ".join(found), cure) from None
        return settings.model_copy(update={"profile": profile or settings.profile})

    @classmethod
    def misspelt(cls) -> dict[str, str]:
        """Variables of the environment that are no setting → the setting whose name is much like it."""
        known = [name.upper() for name in cls.model_fields]
        others = (name.removeprefix(PREFIX) for name in os.environ if name.startswith(PREFIX))
        close = {name: get_close_matches(name, known, 1, 0.75) for name in others if name not in known}
        return {PREFIX + name: PREFIX + found[0] for name, found in sorted(close.items()) if found}

    def for_children(self) -> dict[str, str]:
        """The environment for a process of Dagster's: this one's, with the homes and the profile said plainly.

        What Dagster's commands would take for options is left out: they are told theirs.
        """
        homes = {"DROPZONE_HOME": str(self.home), "DAGSTER_HOME": str(self.instance.resolve())}
        kept = {n: v for n, v in os.environ.items() if n not in OPTIONS and not n.startswith(OPTION_PREFIXES)}
        # A dagster.yaml of one's own, or none, would have it on.
        return {**kept, **homes, "DROPZONE_PROFILE": self.profile, "DAGSTER_DISABLE_TELEMETRY": "yes"}

    def secret(self, name: str) -> str:
        """The value of an environment variable that `sources.yaml` names, asked for when it is needed.

        Raises:
            BadSettings: it is not set.
        """
        if not os.environ.get(name):
            raise BadSettings(f"The environment variable {name} is not set.", f"Set it: export {name}=...")
        return os.environ[name]

    @property
    def durable(self) -> bool:
        """Whether what is promised has reached the disk, so that a power cut takes none of it."""
        return self.sync == "on"

    @property
    def contracts(self) -> Path:
        """The folder of `*.odcs.yaml`, one table each."""
        return self.home / "contracts"

    @property
    def sources(self) -> Path:
        """The YAML that says where files arrive."""
        return self.home / "sources.yaml"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file with validated and quarantined rows."""
        return self.home / Path(self.warehouse_path or "warehouse.duckdb").expanduser()

    @property
    def spill(self) -> Path:
        """Where DuckDB and half-made files may rest for a moment, on the same disk as what they become."""
        return self.home / ".spill"

    @property
    def raw(self) -> str:
        """URL or folder of the raw zone."""
        return self._location(self.raw_url or "raw")

    @property
    def lake(self) -> str:
        """URL or folder of the lake."""
        return self._location(self.lake_url or "lake")

    @property
    def logs(self) -> Path:
        """What the processes below `dropzone up` print."""
        return self.home / "logs"

    @property
    def heartbeats(self) -> Path:
        """Signs of life of `dropzone up` and the processes below it."""
        return self.home / ".up"

    @property
    def ledger(self) -> str:
        """SQLAlchemy URL of the ledger."""
        kind, _, location = (self.ledger_url or "sqlite:///ledger.sqlite").partition("://")
        if kind.startswith("sqlite"):
            return f"{kind}:///{self._location(location.removeprefix('/'))}"
        return f"{kind.replace('postgresql', 'postgresql+psycopg2') if '+' not in kind else kind}://{location}"

    @property
    def instance(self) -> Path:
        """Where Dagster keeps runs and events: `DAGSTER_HOME`, else inside `home`."""
        return Path(self.dagster_home) if self.dagster_home else self.home / "dagster"

    def _location(self, url: str) -> str:
        return url if "://" in url else str(self.home / Path(url).expanduser())


def _fill_environment(file: Path) -> set[str]:
    """Set what a `.env` sets and the environment does not; the names. Which home it is, it cannot say."""
    if not file.is_file():
        return set()
    from dotenv import dotenv_values

    found = {name: value for name, value in dotenv_values(file).items() if value and name != "DROPZONE_HOME"}
    missing = {name: value for name, value in found.items() if not os.environ.get(name)}
    os.environ.update(missing)
    return set(missing)


def _said(name: str, error: Any, filled: set[str]) -> str:
    """One complaint of pydantic as a sentence that names the variable, what it says, and what it may say."""
    where = " in .env" if name in filled else ""
    allowed = error.get("ctx", {}).get("error") or error["msg"]
    return f"{name} is {masked(str(error['input']))!r}{where}; it must be {allowed}."


def _variable(field: str) -> str:
    """The variable that set a field, of which pydantic says the name or the first alias."""
    aliases = (each.validation_alias for each in Settings.model_fields.values())
    lists = (alias.choices for alias in aliases if isinstance(alias, AliasChoices) and alias.choices[0] == field)
    names = [*map(str, next(lists, [field])), PREFIX + field.upper()]
    return next(filter(os.environ.get, names), names[-1])


def masked(url: str) -> str:
    """A URL, or what should be one, without its password and what follows a question mark."""
    scheme, mark, rest = url.rpartition("://")
    return scheme + mark + re.sub(r"\?.*", "?***", re.sub(r"^([^:@]*):.*@", r"\1:***@", rest))
