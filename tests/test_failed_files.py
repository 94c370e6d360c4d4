"""A failed file is a failed run of its own, which is what the Overview shows."""

import dagster as dg

from dropzone_assets.orchestration.definitions import build
from dropzone_assets.platform import Platform
from tests.conftest import Drop, Ingest
from tests.samples import payment, payments


def test_a_run_is_red_while_a_file_has_failed_and_green_once_none_has(
    platform: Platform, drop: Drop, instance: dg.DagsterInstance, ingest: Ingest
) -> None:
    definitions = build(platform.settings)
    sensor, job = definitions.resolve_sensor_def("watch_failed_files"), definitions.resolve_job_def("failed_files")
    cursor = ""

    def looked() -> tuple[int, bool]:
        nonlocal cursor
        with dg.build_sensor_context(
            instance=instance, resources=definitions.resources, definitions=definitions, cursor=cursor
        ) as context:
            asked = sensor.evaluate_tick(context)
        cursor = asked.cursor or cursor
        return len(asked.run_requests or ()), job.execute_in_process(instance=instance, raise_on_error=False).success

    assert looked() == (0, True)
    bad = drop("payments_20240501_100000.csv", "no,such,columns\n1,2,3\n")
    ingest(well=False)
    assert looked() == (1, False)
    assert looked() == (0, False), "the same failure is told once"
    failed = instance.get_runs()[0]
    (step,) = (
        event
        for event in instance.all_logs(failed.run_id)
        if event.dagster_event and event.dagster_event.is_step_failure
    )
    assert bad.name in str(step.dagster_event)
    bad.write_text(payments(payment("T1", "2024-05-01")))
    ingest()
    assert looked() == (1, True)
