"""The contestants: ours, the yardstick and the peers, each a program that does a job from a folder into a folder."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import gate
from benchmarks.measure import Cost, measure
from benchmarks.product import Home
from benchmarks.truth import Sums, differences

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Turn:
    """One try of one contestant: what it took, what of it is only starting, and what is wrong with the result."""

    cost: Cost
    start: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Peer:
    """A program in an environment of its own, `.venv/bench-NAME`.

    Args:
        check: what the result in a folder adds up to; None where nothing is validated, so that no result can be right.
        most: the rows it is given at most, because it is slow or holds them all in memory; then it is told per row.
        turns: how often it runs at most.
        patient: only full sizes are worth its start.
        forgiven: sums it has no way to get right; the page says so.
    """

    name: str
    environment: str
    script: str
    check: Callable[[Path], Sums] | None = None
    most: int = 10**12
    turns: int = 99
    forgiven: tuple[str, ...] = ()
    patient: bool = False

    def turn(self, data: Path, truth: Sums, scratch: Path) -> Turn:
        """Do the job once, and check the result."""
        out = fresh(scratch / self.name.replace(" ", "-"))
        program = [str(self.python), str(Path(__file__).parent / "contestants" / self.script), str(data), str(out)]
        cost, _ = measure(program, scratch / "cost.json")
        asked = {name: value for name, value in truth.items() if name not in self.forgiven}
        wrong = differences(asked, self.check(out)) if self.check else []
        shutil.rmtree(out)
        return Turn(cost, wrong=wrong)

    @property
    def python(self) -> Path:
        """Its interpreter, whether or not it is there."""
        return ROOT / ".venv" / f"bench-{self.environment}" / "bin" / "python"

    @property
    def missing(self) -> str:
        """Why it cannot run here; empty where it can."""
        stamp = ROOT / ".venv" / f".bench-{self.environment}"
        return "" if stamp.exists() else f"no environment: make bench-{self.environment}"


@dataclass(frozen=True)
class Ours:
    """The product, as a person runs it: `dropzone ingest`, told apart from an ingest that finds nothing."""

    settings: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Path], Sums] = gate.transactions_of_home
    name: str = "ours"
    most: int = 10**12
    turns: int = 99
    patient: bool = False
    missing: str = ""

    def turn(self, data: Path, truth: Sums, scratch: Path) -> Turn:
        """Make a home, start it twice for nothing, drop the files, ingest, check the lake and the quarantine."""
        home = Home(scratch / "home", self.settings)
        start, cost = home.start(), home.load(data)
        wrong = differences(truth, self.check(home.folder))
        shutil.rmtree(home.folder)
        return Turn(cost, start, wrong)


def fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def validated(out: Path) -> Sums:
    """What transactions add up to that were written as told, `lake/` and `quarantine.parquet` or a folder of them."""
    one = out / "quarantine.parquet"
    place = one if one.exists() else out / "quarantine" / "*.parquet"
    return gate.transactions_of(out / "lake", f"FROM '{place}'")


def validated_by_dlt(out: Path) -> Sums:
    """The same where lists and structs were written as JSON, as dlt does."""
    reasons = "from_json(reasons, '[\"VARCHAR\"]') AS reasons"
    refused = f"SELECT file, record, {reasons}, text::JSON AS text FROM '{out}/quarantine/*.parquet'"
    return gate.transactions_of(out / "lake", refused)


YARDSTICK = Peer("Y", "duckdb", "typed_copy.py")
BY_HAND = Peer("DuckDB by hand", "duckdb", "by_hand.py", validated)
POLARS = Peer("polars", "polars", "polars_job.py", validated)
PANDAS = Peer("pandas", "pandas", "pandas_job.py", validated)
PANDAS_FILES = Peer("pandas, file by file", "pandas", "pandas_files.py", validated, turns=1)
SPARK = Peer("spark", "spark", "spark_job.py", validated, turns=1, patient=True)
DLT_ROWS = Peer("dlt, same job", "dlt", "dlt_rows.py", validated_by_dlt, most=630_000, turns=1)
DLT_ARROW = Peer("dlt, arrow, validates nothing", "dlt", "dlt_arrow.py")
