"""Tables of what was measured, for the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.contest import Standing

console = Console(width=None if Console().is_terminal else 140)


def standings(result: dict[str, Any]) -> list[Standing]:
    """Of a contest's result."""
    return [Standing(**each) for each in result.get("standings", [])]


def yardstick(result: dict[str, Any]) -> Standing | None:
    """The contestant that all others are compared with, where it could run."""
    return next((each for each in standings(result) if each.name == result["yardstick"] and each.cpu), None)


def show(result: dict[str, Any]) -> None:
    """Print one result."""
    if "measured" in result:
        table = Table("what", "measured", "goal", title=f"{result['title']} ({result['size']})")
        for each in result["measured"]:
            goal = "" if each["most"] is None else f"at most {each['most']:g} {each['unit']}"
            table.add_row(each["what"], said(each), goal)
    else:
        table = Table(title=f"{result['title']} ({result['size']})")
        for column, justify in COLUMNS:
            table.add_column(column, justify=justify)
        for row in rows(result):
            table.add_row(*row)
    console.print(table)
    for name, why in result.get("missing", {}).items():
        console.print(f"{name} was left out: {why}")


COLUMNS = (
    ("", "left"), ("rows", "right"), ("cpu s", "right"), ("of that start", "right"), ("peak MB", "right"),
    ("ratio", "right"), ("least", "right"), ("most", "right"), ("rounds", "right"), ("result", "left"),
)  # fmt: skip


def rows(result: dict[str, Any]) -> list[list[str]]:
    """The cells of a contest; a number without a right result is not told."""
    unit, told = yardstick(result), []
    for each in standings(result):
        if each.wrong:
            told.append([each.name, f"{each.rows:,}", *[""] * 7, "WRONG: " + "; ".join(each.wrong)[:160]])
            continue
        ratios = [f"{ratio:.2f}" for ratio in each.ratios(unit)] if unit else [""] * 3
        start = f"{min(each.start):.1f}" if any(each.start) else ""
        numbers = [f"{each.rows:,}", f"{min(each.cpu):.2f}", start, f"{max(each.peak):,.0f}"]
        validated = "right" if each.name not in UNVALIDATED else "validates nothing"
        told.append([each.name, *numbers, *ratios, str(len(each.cpu)), validated])
    return told


UNVALIDATED = ("Y", "dlt, arrow, validates nothing", "read_json")


def said(each: dict[str, Any]) -> str:
    """A number with its unit."""
    number = each["value"]
    return f"{number:,.2f} {each['unit']}" if number < 100 else f"{number:,.0f} {each['unit']}"
