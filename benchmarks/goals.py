"""The goals, what was measured against each, and whether it is met or by how much it is missed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.contest import Standing
from benchmarks.report import standings

Results = dict[str, dict[str, Any]]
"""Workload → its result."""


class Goal(NamedTuple):
    """One line of the table: `found` is None where it was not measured, `least` whether more is better."""

    what: str
    bound: float
    unit: str
    found: float | None
    least: bool = False

    @property
    def verdict(self) -> str:
        """Met, or by how much not."""
        if self.found is None:
            return "not measured"
        share = self.bound / self.found if self.least else self.found / self.bound
        return "**met**" if share <= 1 else f"missed by a factor of {share:.3g}"


def goals(known: Results) -> list[Goal]:
    """All of them, in the order they were set; what was measured at small size is not measured against them."""
    results = {name: result for name, result in known.items() if result["size"] == "full"}
    files = _files(results)
    return [
        Goal("one CSV of 500 MB, cpu against Y", 1.5, "x", _ratio(results, "one-file", "ours", "Y")),
        Goal("10,000 CSVs, cpu per file beyond its rows", 1.0, "ms", files and files.beyond),
        Goal("10,000 CSVs, files per hour of one core's cpu", 1_000_000, "files", files and files.per_hour, least=True),
        Goal(
            "1,000 JSON documents, cpu against `read_json`", 0.6, "x", _ratio(results, "documents", "ours", "read_json")
        ),
        *(
            Goal(f"cpu of {name} ({where}) against ours", bound, "x", _ratio(results, where, name, "ours"), least=True)
            for name, where, bound in RIVALS
        ),
        Goal("peak of memory against that of polars", 0.5, "x", _peaks(results, "one-file", "ours", "polars")),
        Goal("peak of memory at a limit of 2 GB, 5 GB of files", 2_400, "MB", _peak(results, "big", "ours")),
        *_surveyed(results),
    ]


RIVALS = (
    ("dlt, same job", "one-file", 15.0),
    ("dlt, arrow, validates nothing", "one-file", 1.5),
    ("floe", "pickups", 2.0),
    ("pandas, file by file", "one-file", 2.5),
    ("pandas, file by file", "small-files", 7.0),
    ("polars", "one-file", 1.2),
)
"""Contestant, workload, and how many times the cpu of ours it should take at least."""


class Files(NamedTuple):
    """What small files cost: ms of cpu beyond their rows, and how many an hour of cpu takes in."""

    beyond: float
    per_hour: float


def _files(results: Results) -> Files | None:
    """A row costs what it costs in the one big file."""
    small, big = (_standing(results, where, "ours") for where in ("small-files", "one-file"))
    if not small or not big:
        return None
    count = small.rows / 500
    row = (min(big.cpu) - min(big.start)) / big.rows
    spent = min(small.cpu) - min(small.start)
    return Files(1_000 * (spent - row * small.rows) / count, 3_600 * count / min(small.cpu))


def _standing(results: Results, where: str, name: str) -> Standing | None:
    found = standings(results.get(where, {}))
    return next((each for each in found if each.name == name and each.cpu and not each.wrong), None)


def _ratio(results: Results, where: str, name: str, other: str) -> float | None:
    one, two = _standing(results, where, name), _standing(results, where, other)
    return one.ratios(two)[0] if one and two else None


def _peak(results: Results, where: str, name: str) -> float | None:
    found = _standing(results, where, name)
    return max(found.peak) if found else None


def _peaks(results: Results, where: str, name: str, other: str) -> float | None:
    one, two = _peak(results, where, name), _peak(results, where, other)
    return one / two if one and two else None


UNMEASURED = {
    "backfill": Goal("1,000 dates of backfill in one run, wall", 300.0, "s", None),
    "incremental": Goal("one new file: a table of 10,000 files against one of one file", 1.2, "x", None),
    "latency": Goal("drop → queryable, p50", 2.0, "s", None),
    "starts": Goal("dropzone --help", 0.3, "s", None),
    "tick": Goal("a tick with nothing new, 1,000,000 objects, cpu", 5.0, "s", None),
}
"""Surveys, and what stands in the table of goals before they were made."""


def _surveyed(results: Results) -> Iterator[Goal]:
    for name, unmeasured in UNMEASURED.items():
        found = [each for each in results.get(name, {}).get("measured", ()) if each["most"] is not None]
        yield from [Goal(each["what"], each["most"], each["unit"], each["value"]) for each in found] or [unmeasured]
