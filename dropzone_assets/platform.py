"""Everything one process needs of the platform, opened when first asked for."""

from dataclasses import dataclass
from functools import cached_property

from dropzone_assets import engine
from dropzone_assets.contracts import Contract, Contracts, ContractsFolder
from dropzone_assets.durable import sync
from dropzone_assets.errors import Permanent
from dropzone_assets.formats import open_format
from dropzone_assets.ledger import Ledger, open_ledger
from dropzone_assets.settings import Settings
from dropzone_assets.sources import SourceConfig, Sources, load_sources
from dropzone_assets.store import Access, AzureAccess, S3Access, Store


@dataclass(frozen=True)
class Platform:
    """The settings of this process and the things they lead to. Making one opens nothing."""

    settings: Settings
    access: Access

    @cached_property
    def contracts(self) -> Contracts:
        """The tables, as the contracts folder describes them when first asked."""
        return self.contracts_now()

    @cached_property
    def _folder(self) -> ContractsFolder:
        return ContractsFolder(self.settings.contracts, self.settings.start_date, open_format)

    def contracts_now(self) -> Contracts:
        """The tables, as the contracts folder describes them now."""
        return self._folder.now()

    def workable(self) -> list[str]:
        """The tables a run can work on: this process knows them, and their contracts are sound now.

        A run reads the folder itself, so one for a table whose contract has been broken since would only die.
        """
        return [table for table in self.contracts.tables if table in self.contracts_now().tables]

    @cached_property
    def configs(self) -> dict[str, SourceConfig]:
        """The entries of `sources.yaml`, by name, as the profile has them."""
        return {config.name: config for config in load_sources(self.settings.sources, self.settings.profile)}

    @cached_property
    def sources(self) -> Sources:
        """The places where files arrive, by name."""
        return Sources(self.configs, self.settings.home, self.settings.secret)

    def close(self) -> None:
        """Let go of the connections to sources; the next use makes new ones."""
        if "sources" in self.__dict__:
            self.sources.close()

    @cached_property
    def ledger(self) -> Ledger:
        """The record of every delivery."""
        return open_ledger(self.settings.ledger, durable=self.settings.durable)

    @cached_property
    def raw(self) -> Store:
        """The raw zone."""
        return Store(self.settings.raw, self.access, durable=self.settings.durable)

    @cached_property
    def lake(self) -> Store:
        """The lake."""
        return Store(self.settings.lake, self.access, durable=self.settings.durable)

    def settle_warehouse(self) -> None:
        """Wait until the names of the warehouse's files are on the disk; DuckDB waits for what is in them."""
        if self.settings.durable:
            sync([self.settings.warehouse.parent])

    def connect(self) -> engine.Connection:
        """A new in-memory DuckDB that can read the raw zone and the lake."""
        settings = self.settings
        limits = engine.Limits(settings.spill, settings.threads, settings.memory_limit)
        found = [store.filesystem() for store in (self.raw, self.lake)]
        return engine.connect(limits, list({each.protocol: each for each in found if each}.values()))

    def contract(self, table: str) -> Contract:
        """The contract of a table.

        Raises:
            Permanent: there is no such table; the message lists those there are.
        """
        if table not in self.contracts.tables:
            known = ", ".join(self.contracts.tables) or "none"
            raise Permanent(f"There is no table {table!r}; the tables are: {known}.", "See: dropzone contracts list.")
        return self.contracts.tables[table]


def open_platform(settings: Settings) -> Platform:
    """The platform that `settings` describe."""
    s3 = S3Access(settings.s3_endpoint, settings.s3_region)
    return Platform(settings, Access(s3, AzureAccess(settings.azure_endpoint)))
