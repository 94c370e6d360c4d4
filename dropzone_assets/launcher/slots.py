"""Waiting for a slot of a pool: asleep, and asked again soon.

A step whose pool is taken asks again after a second or more, and Dagster (1.13) does not sleep until then: it looks
through its steps over and over, with a whole core that the holder of the slot could use. It has no setting for either.
"""

from time import time

from dagster._core.execution.plan import instance_concurrency_context as pools

SOON = 0.05
"""Seconds after which a slot is first asked for again. Then Dagster waits longer each time."""


def wait_asleep() -> None:
    """Let the runs of this process sleep while they wait for a slot."""
    pools.__dict__["INITIAL_INTERVAL_VALUE"] = SOON
    setattr(pools.InstanceConcurrencyContext, "interval_to_next_pending_claim_check", _rest)  # noqa: B010 - not its own


def _rest(self: pools.InstanceConcurrencyContext) -> float:
    """Seconds until the next of the waiting steps may ask again."""
    return max(0.0, min(self._pending_timeouts.values(), default=0.0) - time())
