"""A step that waits for a slot of its pool sleeps, and asks again soon."""

from collections.abc import Iterator
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.execution.plan import instance_concurrency_context as pools
from dagster._core.execution.plan.active import ActiveExecution

from dropzone_assets.launcher import slots
from dropzone_assets.runs import POOL
from tests.launcher.jobs import quick


@pytest.fixture(autouse=True)
def _waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    asking = pools.InstanceConcurrencyContext.interval_to_next_pending_claim_check
    monkeypatch.setattr(pools, "INITIAL_INTERVAL_VALUE", 1)
    monkeypatch.setattr(pools.InstanceConcurrencyContext, "interval_to_next_pending_claim_check", asking)
    slots.wait_asleep()
    yield


def test_a_step_whose_pool_is_taken_sleeps_until_it_asks_again_and_gets_it(
    kept: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1_000.0]
    monkeypatch.setattr(pools, "time", SimpleNamespace(time=lambda: at[0]))
    monkeypatch.setattr(slots, "time", lambda: at[0])
    holder, waiter = (kept.create_run_for_job(quick) for _ in range(2))
    with (
        pools.InstanceConcurrencyContext(kept, holder) as mine,
        pools.InstanceConcurrencyContext(kept, waiter) as other,
    ):
        assert other.interval_to_next_pending_claim_check() == 0
        assert mine.claim(POOL, "greet")
        assert not other.claim(POOL, "greet")
        assert other.interval_to_next_pending_claim_check() == pytest.approx(slots.SOON)
        mine.free_step("greet")
        assert not other.claim(POOL, "greet"), "it is not time yet"
        at[0] += slots.SOON + 0.01
        assert other.interval_to_next_pending_claim_check() == 0
        assert other.claim(POOL, "greet")
        other.free_step("greet")


def test_dagster_waits_by_what_is_changed() -> None:
    assert "INITIAL_INTERVAL_VALUE" in pools._calculate_timeout_interval.__code__.co_names
    assert "interval_to_next_pending_claim_check" in ActiveExecution.sleep_interval.__code__.co_names
