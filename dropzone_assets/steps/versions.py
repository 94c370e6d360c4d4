"""Versions: of several deliveries of one file, the newest counts."""

from collections.abc import Sequence
from typing import NamedTuple

from dropzone_assets.files import Delivery
from dropzone_assets.platform import Platform


class Versions(NamedTuple):
    """`current`: the deliveries to load. `replaced`: delivery → the older ones whose place it takes once it counts.

    `outdated`: deliveries that a newer one had replaced before they could be loaded.
    """

    current: list[Delivery]
    replaced: dict[str, list[str]]
    outdated: list[str]


def versions(platform: Platform, deliveries: Sequence[Delivery]) -> Versions:
    """Compare deliveries with everything else that ever came from the same places."""
    others = platform.ledger.deliveries.siblings(deliveries)
    arrived = [d for d in (*deliveries, *others) if d.state in ("fetched", "loaded", "linked")]
    newest: dict[tuple[str, str], Delivery] = {}
    for delivery in sorted(arrived, key=lambda d: (d.arrived, d.key)):
        newest[delivery.place] = delivery
    current = [d for d in deliveries if newest.get(d.place) == d and d.state != "linked"]
    winners = {d.place: d for d in newest.values() if d in deliveries}
    replaced: dict[str, list[str]] = {}
    for other in (*others, *deliveries):
        winner = winners.get(other.place)
        if winner and other.key not in (winner.key, winner.same_as):
            replaced.setdefault(winner.key, []).append(other.key)
    outdated = [d.key for d in deliveries if d.place in newest and newest[d.place] != d and d.place not in winners]
    return Versions(current, replaced, outdated)
