"""Versions: of several deliveries of one file, the newest counts."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from dropzone_assets.files import Delivery
from dropzone_assets.ledger import RETRACTED, RETRACTING, SUPERSEDED
from dropzone_assets.platform import Platform


class Versions(NamedTuple):
    """`current`: the deliveries to load. `replaced`: delivery → the older ones whose place it takes once it counts.

    `linked`: deliveries whose bytes another one holds, so that no row is theirs. `outdated`: deliveries that a newer
    one had replaced before they could be loaded. `retracted`: deliveries that are taken back.
    """

    current: list[Delivery]
    replaced: dict[str, list[str]]
    linked: list[str]
    outdated: list[str]
    retracted: list[str]

    def keys(self) -> list[str]:
        """All deliveries that were asked about."""
        return [*(d.key for d in self.current), *self.linked, *self.outdated, *self.retracted]

    def gone(self, held: Collection[str]) -> list[tuple[str, str]]:
        """Who takes a place, and who had it: what is `held` now, and whose copies are the newest versions of others."""
        here = {delivery.key for delivery in self.current}
        taking = {key: olds for key, olds in self.replaced.items() if key in held or key not in here}
        return [(key, old) for key, olds in taking.items() for old in olds]


def versions(platform: Platform, asked: Sequence[Delivery]) -> Versions:
    """Compare deliveries with everything else that ever came from the same places.

    A file that was only touched is linked to its own older version, and that one still counts. A newer version that
    another run has still to load replaces nothing yet; nor does a copy of what another run has still to load: who loads
    that replaces for its copies too.
    """
    retracted = [d.key for d in asked if d.state == RETRACTING]
    deliveries = [d for d in asked if d.state not in (RETRACTING, RETRACTED, SUPERSEDED)]
    ledger, asked_for = platform.ledger, {d.key for d in deliveries}
    copies = ledger.worklist.of_keys([row.key for row in ledger.queries.copies(list(asked_for))])
    others = [*ledger.worklist.siblings([*deliveries, *copies]), *copies]
    arrived = [d for d in deliveries if d.state in ("fetched", "loaded", "linked")]
    arrived += [d for d in others if d.state in ("loaded", "linked")]
    newest = {d.location: d for d in sorted(arrived, key=lambda d: (d.arrived, d.key))}
    counting = {d.key for d in deliveries if (n := newest.get(d.location)) and d.key in (n.key, n.same_as)}
    linked = [d.key for d in deliveries if d.state == "linked"]
    current = [d for d in deliveries if d.key in counting and d.state != "linked"]
    keepers = {d.key: d.same_as if d.state == "linked" else d.key for d in (*deliveries, *copies)}
    elsewhere = ledger.worklist.of_keys(sorted({*keepers.values()} - asked_for))
    sure = {d.key for d in current} | {d.key for d in elsewhere if d.state == "loaded"}
    winners = {d.location: d for d in newest.values() if keepers.get(d.key) in sure}
    replaced: dict[str, list[str]] = {}
    for other in (*others, *deliveries):
        winner = winners.get(other.location)
        if winner and other.key not in (winner.key, winner.same_as) and other.arrived <= winner.arrived:
            replaced.setdefault(keepers[winner.key], []).append(other.key)
    mine = {d.location for d in newest.values() if d.key in keepers}
    outdated = [d.key for d in deliveries if d.location in newest and d.key not in counting and d.location not in mine]
    return Versions(current, replaced, linked, outdated, retracted)
