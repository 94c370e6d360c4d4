"""Shrink: of a scenario that goes wrong, the steps and faults without which it would not."""

from time import monotonic

from tests.chaos.crossings import Crossings
from tests.chaos.scenario import Scenario, Step
from tests.chaos.validation import run

PATIENCE = 90.0
"""Seconds."""


def shrunk(scenario: Scenario, patience: float = PATIENCE) -> Scenario:
    """A scenario as short as can be found in time that still goes wrong."""
    deadline, steps, size = monotonic() + patience, list(scenario.steps), max(len(scenario.steps) // 2, 1)
    while size and monotonic() < deadline:
        start = 0
        while start < len(steps) and monotonic() < deadline:
            fewer = [*steps[:start], *steps[start + size :]]
            if _fails(scenario, fewer):
                steps = fewer
            else:
                start += size
        size = size // 2
    for location, step in enumerate(steps):
        for fault in step.faults:
            calmer = [*steps]
            calmer[location] = step._replace(faults=tuple(each for each in calmer[location].faults if each != fault))
            if monotonic() < deadline and _fails(scenario, calmer):
                steps = calmer
    return scenario._replace(steps=tuple(steps))


def _fails(scenario: Scenario, steps: list[Step]) -> bool:
    return bool(run(scenario._replace(steps=tuple(steps)), Crossings()))
