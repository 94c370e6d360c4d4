"""Ours: the whole product, as a person runs it: `dropzone ingest` in a home of its own."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.measure import Cost, measure

CONTRACTS = Path(__file__).parent / "contracts"
SOURCES = "sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0}\n"
START = "from dropzone_assets.cli import main; main()"


class Home:
    """A home with the benchmarks' contracts and a dropzone, made anew."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(CONTRACTS, folder / "contracts")
        (folder / "dropzone").mkdir()
        (folder / "sources.yaml").write_text(SOURCES)
        self.folder = folder
        self._environment = {"DROPZONE_HOME": str(folder), "DAGSTER_HOME": "", **(settings or {})}

    def run(self, *arguments: str) -> tuple[Cost, str]:
        """What a command of the product took, and what it printed."""
        command = [sys.executable, "-c", START, *arguments]
        return measure(command, self.folder / ".cost.json", environment=self._environment)

    def load(self, data: Path) -> Cost:
        """Drop all files of a folder and ingest them; what the ingest took."""
        self.drop(sorted(data.iterdir()))
        return self.run("ingest", "--json")[0]

    def backfill(self, first: date, last: date) -> Cost:
        """Materialize every asset of transactions for a range of days again, in one run, by Dagster's own command."""
        days = f"{first}...{last}"
        command = [
            sys.executable,
            "-m",
            "dagster",
            "asset",
            "materialize",
            "-m",
            "dropzone_assets.definitions",
        ]
        instance = {"DAGSTER_HOME": str(self.folder / "dagster")}
        chosen = [*command, "--select", "group:transactions", "--partition-range", days]
        return measure(chosen, self.folder / ".cost.json", environment={**self._environment, **instance})[0]

    def start(self) -> float:
        """The cpu of an ingest that finds nothing, in a home that was used before."""
        self.run("ingest")
        return self.run("ingest")[0].cpu

    def drop(self, files: Sequence[Path]) -> None:
        """Put files into the dropzone, without a copy of their bytes."""
        for file in files:
            os.link(file, self.folder / "dropzone" / file.name)
