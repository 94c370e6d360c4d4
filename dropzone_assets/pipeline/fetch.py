"""Fetch: copy deliveries into the raw zone, hashing the bytes on their way."""

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from dropzone_assets.errors import DropzoneError, Lost, Permanent, Refused, SourceUnavailable, Transient
from dropzone_assets.files import FILES, Delivery
from dropzone_assets.ledger import FETCH, LINKED, LOADED, RETRACTING
from dropzone_assets.pipeline.checksums import sidecars_of, verified
from dropzone_assets.pipeline.raw_copy import raw_copy
from dropzone_assets.pipeline.readable import set_aside
from dropzone_assets.pipeline.recover import Damage, Outcome, recover
from dropzone_assets.pipeline.transfer import copied_from, keep, spooled
from dropzone_assets.platform import Platform
from dropzone_assets.store import Writing

TRIES = 3
"""How often a copy is tried before the run gives up; Dagster tries the step again later."""

GROUP = 500
"""Files between two entries in the ledger: what a kill makes us copy again."""


@dataclass
class Fetched:
    """What became of deliveries on their way to the raw zone.

    `present`: their bytes are there. `linked`: another delivery had brought the same bytes. `changed`: replaced at
    the source before they were copied. `failed`: set aside. `waiting`: for a source that does not answer. `copied`:
    bytes that had to be copied.
    """

    present: list[Delivery] = field(default_factory=list)
    linked: list[Delivery] = field(default_factory=list)
    changed: list[Delivery] = field(default_factory=list)
    failed: list[Delivery] = field(default_factory=list)
    waiting: dict[str, Transient] = field(default_factory=dict)
    copied: int = 0


AGAIN = Retrying(
    retry=retry_if_exception_type(SourceUnavailable),
    wait=wait_random_exponential(multiplier=0.2, max=5.0),
    stop=stop_after_attempt(TRIES),
    reraise=True,
)

Brought = Outcome | Damage
"""What came of one; of a delivery that was copied once, how its copy is now."""


class Changed(Permanent):
    """The file at the source is no longer the version that was listed; the new one is a delivery of its own."""


def fetch(platform: Platform, deliveries: Sequence[Delivery], *, last: bool = False) -> Fetched:
    """Bring the bytes of `deliveries` into the raw zone and write down what became of each.

    Bytes that are there already are not copied again, so the source may be gone when a date is rebuilt. A source of
    which nothing could be had is not asked for the rest.

    Args:
        last: nobody will try again soon, so what is there goes on without what waits for its source.

    Raises:
        Transient: a source, or the disk of the raw zone, does not answer; all that could be copied is.
    """
    done, silent = Fetched(), dict[str, Transient]()
    wanted = [delivery for delivery in deliveries if delivery.state not in ("linked", RETRACTING)]
    for start in range(0, len(wanted), GROUP):
        group = [d for d in wanted[start : start + GROUP] if d.content_hash or d.source not in silent]
        _fetch_group(platform, group, done)
        answered = {d.source for d in group if d.key not in done.waiting}
        silent |= {d.source: done.waiting[d.key] for d in group if d.source not in answered}
    done.waiting |= {d.key: silent[d.source] for d in wanted if d.source in silent and not d.content_hash}
    platform.ledger.deliveries.superseded([each.key for each in done.changed], uncopied=True)
    platform.ledger.claims.delayed(done.waiting)
    if done.waiting and not (last and (done.present or done.linked)):
        raise next(iter(done.waiting.values()))
    return done


def _fetch_group(platform: Platform, group: Sequence[Delivery], done: Fetched) -> None:
    """Copy some at once, then tell the ledger of them all: what a kill makes us copy again is this group at most."""
    sidecars = sidecars_of(platform, group)
    with platform.raw.writing() as writing:
        found = _at_once(platform, group, sidecars, writing)
    outcomes = list(zip(group, _whole(platform, found), strict=True))
    set_aside(platform, [(delivery, outcome) for delivery, outcome in outcomes if isinstance(outcome, Lost)])
    brought = [b for delivery, outcome in outcomes if (b := _settle(platform, delivery, outcome, done))]
    fresh = [d for d in brought if d.state not in ("loaded", "opened", "stored")]
    platform.ledger.deliveries.fetched(fresh)
    platform.ledger.raw_copies.found_again([d.content_hash for d in brought])
    # What was copied before was compared with its sidecars then.
    had = {d.key for d in group if d.content_hash}
    platform.ledger.deliveries.verified({d.key: sidecars[d.key] for d in fresh if d.key in sidecars.keys() - had})
    # Bytes that a person has taken back stay away, whatever version of the file brings them.
    back = platform.ledger.retractions.refused_before(fresh)
    platform.ledger.retractions.retract(list(back), "The same bytes were taken back before.")
    brought, fresh = ([d for d in some if d.key not in back] for some in (brought, fresh))
    links = _links(platform, [d for d in fresh if d.table != FILES])
    platform.ledger.deliveries.linked(links)
    done.linked += [delivery for delivery in brought if delivery.key in links]
    done.present += [delivery for delivery in brought if delivery.key not in links]


def _at_once(
    platform: Platform, group: Sequence[Delivery], sidecars: Mapping[str, Sequence[str]], writing: Writing
) -> list[Brought]:
    """What came of each, in their order; of every source as many at once as its entry allows."""
    waiting: dict[str, deque[Delivery]] = {}
    for delivery in group:
        waiting.setdefault(delivery.source, deque()).append(delivery)
    found: dict[str, Brought] = {}

    def work(mine: deque[Delivery]) -> None:
        while mine:
            try:
                delivery = mine.popleft()
            except IndexError:  # another worker has taken the last one
                return
            found[delivery.key] = _bring(platform, delivery, sidecars.get(delivery.key, ()), writing)

    with ExitStack() as stack:
        workers: list[Future[None]] = []
        for name, mine in waiting.items():
            config = platform.configs.get(name)
            most = min(config.parallel if config else 1, len(mine))
            pool = stack.enter_context(ThreadPoolExecutor(most))
            workers += [pool.submit(work, mine) for _ in range(most)]
        try:
            for worker in workers:
                worker.result()
        finally:
            for mine in waiting.values():
                mine.clear()
    return [found[delivery.key] for delivery in group]


def _bring(platform: Platform, delivery: Delivery, sidecars: Sequence[str], writing: Writing) -> Brought:
    """The delivery with its content hash, its bytes in the raw zone; or why that did not work out.

    What was copied once is not copied again.
    """
    try:
        if delivery.content_hash:
            return Damage(delivery, raw_copy(platform, delivery, deep=True))
        return AGAIN(_copy, platform, delivery, sidecars, writing)
    except DropzoneError as error:
        return error


def _whole(platform: Platform, brought: Sequence[Brought]) -> list[Outcome]:
    """What came of each once those of the copies that are not whole have been made again, as far as they can be."""
    again = recover(platform, [each for each in brought if isinstance(each, Damage) and not each.copy.whole])
    return [again.get(b.delivery.key, b.delivery) if isinstance(b, Damage) else b for b in brought]


def _settle(platform: Platform, delivery: Delivery, outcome: Outcome, done: Fetched) -> Delivery | None:
    """Write down what came of one; the delivery when its bytes are there.

    Where another run has copied meanwhile what this one could not, nothing is wrong with it.
    """
    if isinstance(outcome, Changed):
        done.changed.append(delivery)
    elif isinstance(outcome, Lost):
        done.failed.append(delivery)
    elif isinstance(outcome, Permanent):
        stage = "verify" if isinstance(outcome, Refused) else FETCH
        platform.ledger.deliveries.failed(delivery.key, stage, outcome, uncopied=not delivery.content_hash)
        done.failed.append(delivery)
    elif isinstance(outcome, Transient):
        done.waiting[delivery.key] = outcome
    elif isinstance(outcome, Delivery):
        done.copied += 0 if delivery.content_hash else outcome.size
        return outcome
    return None


def _copy(platform: Platform, delivery: Delivery, sidecars: Sequence[str], writing: Writing) -> Delivery:
    source = platform.sources.get(delivery.source)
    if source is None:
        raise Permanent(f"{delivery.path} is from {delivery.source}, which sources.yaml does not have.", "Add it.")
    with spooled(platform) as spool:
        content_hash = copied_from(source, delivery, spool)
        size = spool.stat().st_size
        version = source.version(delivery.path)
        if not version:
            raise Permanent(f"{delivery.path} was gone before it was copied whole.", "Drop it again.")
        if version != delivery.version:
            raise Changed(f"{delivery.path} changed while it was copied.")
        if delivery.size not in (-1, size):
            found = f"{delivery.path} ended after {size:,} of {delivery.size:,} bytes"
            raise SourceUnavailable(f"{found} at {delivery.source}.", "It is tried again.")
        brought = replace(delivery, content_hash=content_hash, size=size)
        brought = verified(platform, brought, spool, sidecars)
        keep(platform, spool, brought, writing)
    return brought


def _links(platform: Platform, fresh: Sequence[Delivery]) -> dict[str, str]:
    """Deliveries whose bytes another delivery of the table holds: a loaded one, else another run's, else the oldest.

    A holder whose file has had other bytes since keeps nothing: its rows are gone, or about to go. Bytes that are not
    loaded yet may be refused; once they are loaded, what was linked meanwhile is pending again. Where a key is there
    once over all days, a file that says again what one before it said has the last word: it is linked to itself alone.
    """
    keepers: dict[tuple[str, ...], Delivery] = {}
    alone = {name for name, contract in platform.contracts.tables.items() if contract.over_all_days}

    def known_by(delivery: Delivery) -> tuple[str, ...]:
        return (*(delivery.location if delivery.table in alone else (delivery.table,)), delivery.content_hash)

    ours = {delivery.key for delivery in fresh}
    holders = platform.ledger.worklist.holders([delivery.content_hash for delivery in fresh])
    versions: dict[tuple[str, str, str], list[Delivery]] = {}
    for delivery in (*holders, *platform.ledger.worklist.siblings(holders)):
        versions.setdefault(delivery.location, []).append(delivery)
    # What another run has copied it loads, whatever its age: it may have asked this before ours was there.
    for holder in sorted(holders, key=lambda holder: (holder.state != LOADED, holder.key in ours)):
        newer = [other for other in versions[holder.location] if other.arrived > holder.arrived]
        since = [other for other in newer if other.state in (LOADED, LINKED)]
        if all(other.content_hash == holder.content_hash for other in since):
            keepers.setdefault(known_by(holder), holder)
    found = {d.key: keepers[known_by(d)].key for d in fresh if known_by(d) in keepers}
    return {key: keeper for key, keeper in found.items() if key != keeper}
