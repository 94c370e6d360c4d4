"""docs/benchmarks.md: between its marks stand the tables of what was measured last, and beside it a picture."""

from pathlib import Path
from typing import Any

from benchmarks.goals import goals
from benchmarks.plot import picture
from benchmarks.report import COLUMNS, rows, said
from benchmarks.workloads import WORKLOADS

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SIZES = ("quick", "full")


def write(folder: Path, known: list[dict[str, Any]]) -> None:
    """Write what is known into the page; of each workload the full size, where it was measured, else the quick one.

    Args:
        folder: docs/.
        known: results of any size, the last of each.
    """
    ordered = sorted(known, key=lambda result: SIZES.index(result["size"]))
    latest = {result["workload"]: result for result in ordered}
    results = {name: latest[name] for name in WORKLOADS if name in latest}
    page = folder / "benchmarks.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{_measured(results)}\n{END}{after}", encoding="utf-8")
    (folder / "images" / "benchmarks.svg").write_text(picture(list(results.values())), encoding="utf-8")


def _measured(results: dict[str, dict[str, Any]]) -> str:
    parts = [
        "## Goals",
        "",
        *_table(("what", "goal", "measured", ""), ["left", "right", "right", "left"], _goals(results)),
    ]
    parts += ["", "![Ratios of cpu, by workload and contestant](images/benchmarks.svg)", ""]
    for result in results.values():
        parts += [f"## {result['title']}", ""]
        parts += _contest(result) if "standings" in result else _survey(result)
        parts += ["", f"{result['size'].capitalize()} size; {_machine(result['machine'])}; {result['when']}.", ""]
        parts += [f"Left out: {name} ({why}).\n" for name, why in result.get("missing", {}).items()]
    return "\n".join(parts)


def _goals(results: dict[str, dict[str, Any]]) -> list[list[str]]:
    return [
        [
            goal.what,
            f"{'≥' if goal.least else '≤'} {_number(goal.bound)} {goal.unit}",
            "" if goal.found is None else f"{_number(goal.found)} {goal.unit}",
            goal.verdict,
        ]
        for goal in goals(results)
    ]


def _contest(result: dict[str, Any]) -> list[str]:
    titles = [title.replace("rows", result["counted"]) for title, _ in COLUMNS]
    return _table(titles, [justify for _, justify in COLUMNS], rows(result))


def _survey(result: dict[str, Any]) -> list[str]:
    lines = [
        [each["what"], "" if each["most"] is None else f"≤ {_number(each['most'])} {each['unit']}", said(each)]
        for each in result["measured"]
    ]
    return _table(("what", "goal", "measured"), ["left", "right", "right"], lines) if lines else ["Not measured."]


def _table(titles: Any, justify: list[str], lines: list[list[str]]) -> list[str]:
    rule = ["---:" if each == "right" else "---" for each in justify]
    return [f"| {' | '.join(cells)} |" for cells in (titles, rule, *lines)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _machine(machine: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items())
