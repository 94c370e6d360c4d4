"""What can be set from outside. This is the only reader of the environment."""

import os
from datetime import date
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dropzone_assets.errors import BadSettings


class Settings(BaseSettings):
    """Every field is `DROPZONE_<NAME>` in the environment, with a default that works on a laptop.

    `raw_url`, `lake_url`, `ledger_url` and `warehouse_path` default to places inside `home`. Credentials of
    stores are not settings: their clients read them from where they always look (`AWS_ACCESS_KEY_ID`, profiles, roles,
    `AZURE_STORAGE_ACCOUNT_KEY`, `GOOGLE_APPLICATION_CREDENTIALS`).
    """

    model_config = SettingsConfigDict(env_prefix="DROPZONE_", frozen=True, populate_by_name=True)

    home: Path = Path("data")
    raw_url: str = ""
    lake_url: str = ""
    ledger_url: str = ""
    warehouse_path: str = ""
    profile: str = ""
    start_date: date = date(2013, 1, 1)
    threads: int | None = None
    memory_limit: str = ""
    s3_endpoint: str = Field(
        default="", validation_alias=AliasChoices("DROPZONE_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    )
    s3_region: str = Field(
        default="us-east-1", validation_alias=AliasChoices("DROPZONE_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    )
    azure_endpoint: str = ""
    dagster_home: str = Field(default="", validation_alias="DAGSTER_HOME")

    @classmethod
    def from_env(cls, profile: str = "") -> "Settings":
        """The settings of this process, with `home` made absolute so that a change of folder changes nothing.

        Args:
            profile: instead of `DROPZONE_PROFILE`, where it is not empty.
        """
        settings = cls()
        return settings.model_copy(update={"home": settings.home.resolve(), "profile": profile or settings.profile})

    def for_children(self) -> dict[str, str]:
        """The environment for a process of Dagster's: this one's, with the homes and the profile said plainly."""
        homes = {"DROPZONE_HOME": str(self.home), "DAGSTER_HOME": str(self.instance.resolve())}
        return {**os.environ, **homes, "DROPZONE_PROFILE": self.profile}

    def secret(self, name: str) -> str:
        """The value of an environment variable that `sources.yaml` names, asked for when it is needed.

        Raises:
            BadSettings: it is not set.
        """
        if not os.environ.get(name):
            raise BadSettings(f"The environment variable {name} is not set.", f"Set it: export {name}=...")
        return os.environ[name]

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
        return Path(self.warehouse_path) if self.warehouse_path else self.home / "warehouse.duckdb"

    @property
    def spill(self) -> Path:
        """Where DuckDB and half-made files may rest for a moment, on the same disk as what they become."""
        return self.home / ".spill"

    @property
    def raw(self) -> str:
        """URL or folder of the raw zone."""
        return self.raw_url or str(self.home / "raw")

    @property
    def lake(self) -> str:
        """URL or folder of the lake."""
        return self.lake_url or str(self.home / "lake")

    @property
    def ledger(self) -> str:
        """SQLAlchemy URL of the ledger."""
        url = self.ledger_url or f"sqlite:///{self.home / 'ledger.sqlite'}"
        return url.replace("postgresql://", "postgresql+psycopg2://")  # the driver that Dagster uses too

    @property
    def instance(self) -> Path:
        """Where Dagster keeps runs and events: `DAGSTER_HOME`, else inside `home`."""
        return Path(self.dagster_home) if self.dagster_home else self.home / "dagster"
