"""Findings: what was compared, how much of it is equal, and each thing that is not."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is not as it should be, or (`wrong` is false) that a person should know."""

    what: str
    name: str
    found: str
    cure: str
    wrong: bool = True


@dataclass
class Count:
    """How many things of one kind were compared. `due` ones are about to change anyway, so they are not wrong."""

    equal: int = 0
    due: int = 0
    different: int = 0

    @property
    def checked(self) -> int:
        """All of them."""
        return self.equal + self.due + self.different


@dataclass
class Proof:
    """What came of comparing one table."""

    table: str
    counts: dict[str, Count] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.wrong for finding in self.findings)

    def count(self, what: str) -> Count:
        """The count of one kind of thing, which is compared even when there is none."""
        return self.counts.setdefault(what, Count())

    def differs(self, what: str, name: str, found: str, cure: str) -> None:
        """One thing is not what its inputs make it."""
        self.count(what).different += 1
        self.findings.append(Finding(what, name, found, cure))

    def note(self, what: str, name: str, found: str, cure: str) -> None:
        """Nothing is wrong, and there is something to know."""
        self.findings.append(Finding(what, name, found, cure, wrong=False))
