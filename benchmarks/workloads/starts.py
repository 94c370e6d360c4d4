"""What a person waits for a command that has little to do."""

from pathlib import Path
from statistics import median

from benchmarks import transactions
from benchmarks.contest import Say
from benchmarks.peers import fresh
from benchmarks.product import Home
from benchmarks.survey import Measured, Survey

GOALS = {("--help",): 0.3, ("status",): 1.0}


def measure(size: str, rounds: int, folder: Path, say: Say) -> list[Measured]:
    """The cpu of each command in a home with some files; on an idle machine it is what a person waits."""
    home = Home(folder / "home")
    data = fresh(folder / "data" / "starts")
    transactions.write(data, 5_000, files=10)
    home.load(data)
    found = []
    for arguments, goal in GOALS.items():
        say(f"starts: dropzone {' '.join(arguments)}")
        spent = [home.run(*arguments)[0] for _ in range(max(rounds, 5))]
        name = f"dropzone {' '.join(arguments)}"
        found.append(Measured(f"{name}, median cpu", median(each.cpu for each in spent), "s", goal))
        found.append(Measured(f"{name}, least wall", min(each.wall for each in spent), "s"))
    return found


WORKLOAD = Survey("starts", "Starts", measure)
