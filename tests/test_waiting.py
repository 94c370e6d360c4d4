"""Files whose contract is broken, inactive or gone wait with that reason, and load by themselves when it is back."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.inspect.delivery_status import troubles
from dropzone_assets.orchestration.definitions import build
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.fetch import fetch
from dropzone_assets.pipeline.plan import History, Request, plan_loads, plan_publications
from dropzone_assets.pipeline.validate import Validation
from dropzone_assets.pipeline.versions import Versions
from dropzone_assets.platform import open_platform
from dropzone_assets.proof.check_results import contracts_sound
from dropzone_assets.settings import Settings
from tests.conftest import Drop, Ingest, Query
from tests.pipeline import A, Pipeline
from tests.samples import events, payment, payments

pytestmark = pytest.mark.direct

Spoil = Callable[[Path], object]

EVENTS = "vehicles_events_20240501100000.json"

SPOILS: dict[str, tuple[Spoil, str]] = {
    "broken": (lambda file: file.write_text(file.read_text() + "\n: : ["), "is not readable YAML"),
    "not honoured": (
        lambda file: file.write_text(file.read_text().replace("schema:", "schema_:")),
        "is not an ODCS v3 contract",
    ),
    "renamed": (
        lambda file: file.write_text(file.read_text().replace("- name: transactions", "- name: sales")),
        "No contract describes the table transactions",
    ),
    "retired": (
        lambda file: file.write_text(file.read_text().replace("status: active", "status: retired")),
        "is retired",
    ),
    "inactive": (lambda file: file.write_text(file.read_text().replace("status: active", "status: draft")), "is draft"),
    "gone": (lambda file: file.unlink(), "No contract describes the table transactions"),
}


def contract_of(home: Path) -> Path:
    return home / "contracts" / "transactions.odcs.yaml"


class Daemon:
    """A planner that has read the contracts once; the runs it asks for read them anew, and die without one."""

    def __init__(self, home: Path) -> None:
        self.home, self.pipeline, self.ended = home, Pipeline(home), Counter[str]()
        assert self.pipeline.platform.contracts.tables

    def plan(self) -> list[Request]:
        return plan_loads(self.pipeline.platform, lambda identity: History(False, self.ended[identity]))

    def round(self) -> list[str]:
        """Look, plan, run; the tables that were worked on."""
        discover(self.pipeline.platform, "dropzone")
        requests = self.plan()
        for request in requests:
            self.ended[request.id] += 1
            fresh = open_platform(Settings(home=self.home))
            if request.table in fresh.contracts.tables:
                self.pipeline.commit(self._validated(request))
        return [request.table for request in requests]

    def _validated(self, request: Request) -> tuple[Validation, Versions]:
        ledger = self.pipeline.platform.ledger
        fetch(self.pipeline.platform, ledger.worklist.of_batch(request.id))
        return self.pipeline.validated(request.table, ledger.worklist.of_batch(request.id))


@pytest.mark.parametrize("how", SPOILS)
def test_files_wait_for_their_contract_and_delay_no_others(home: Path, drop: Drop, how: str) -> None:
    daemon, (spoil, said) = Daemon(home), SPOILS[how]
    whole = contract_of(home).read_text()
    drop(A, payments(payment("a")))
    discover(daemon.pipeline.platform, "dropzone")
    (request,) = daemon.plan()  # asked for while the contract was sound, so its run dies
    daemon.ended[request.id] += 1
    spoil(contract_of(home))
    drop(EVENTS, events())
    assert [daemon.round() for _ in range(4)] == [["vehicle_events"], [], [], []]
    fresh = open_platform(Settings(home=home))
    (waiting,) = [each for each in troubles(fresh) if each.table == "transactions"]
    assert (waiting.kind, waiting.stage) == ("waiting", "contract") and said in waiting.reason and waiting.cure
    for asked in (["status"], ["status", "--failed"], ["status", "--json"], ["explain", A]):
        shown = CliRunner().invoke(app, asked, env={"DROPZONE_HOME": str(home)})
        assert shown.exit_code == 0 and said in " ".join(shown.output.split())
    contract_of(home).write_text(whole)
    assert daemon.round() == ["transactions"]
    assert daemon.pipeline.held() == ["a"] and daemon.pipeline.states()[A] == ["loaded"]


def test_partitions_wait_for_the_contract_of_their_table(home: Path, drop: Drop) -> None:
    daemon, idle = Daemon(home), lambda _identity: History(False, 0)
    drop(A, payments(payment("a")))
    daemon.round()
    contract_of(home).rename(home / "away")
    assert "transactions" not in {
        each.table for each in plan_publications(daemon.pipeline.platform, idle, patient=False)
    }
    (home / "away").rename(contract_of(home))
    assert "transactions" in {each.table for each in plan_publications(daemon.pipeline.platform, idle, patient=False)}


UNHONOURED: dict[str, tuple[Spoil, str]] = {
    "an unknown type": (
        lambda file: file.write_text(file.read_text().replace("logicalType: timestamp", "logicalType: moment")),
        "moment",
    ),
    "a draft": SPOILS["inactive"],
}


@pytest.mark.parametrize("how", UNHONOURED)
def test_a_new_file_waits_for_the_one_contract_left_out_that_knows_its_name(
    home: Path, drop: Drop, ingest: Ingest, query: Query, how: str
) -> None:
    spoil, said = UNHONOURED[how]
    whole = contract_of(home).read_text()
    spoil(contract_of(home))
    drop(A, payments(payment("a")))
    assert ingest().refused == 0
    (waiting,) = troubles(open_platform(Settings(home=home)))
    assert (waiting.file, waiting.kind, waiting.table) == (A, "waiting", "transactions") and said in waiting.reason
    told = CliRunner().invoke(app, ["ingest"], env={"DROPZONE_HOME": str(home)})
    assert told.exit_code == 1 and said in told.output
    contract_of(home).write_text(whole)
    ingest()
    assert query("SELECT transaction_id FROM lake.transactions") == [("a",)]


def test_a_new_file_of_an_unreadable_contract_has_failed_and_is_taken_up_when_it_is_back(
    home: Path, drop: Drop, ingest: Ingest, query: Query
) -> None:
    whole = contract_of(home).read_text()
    contract_of(home).write_text(whole + "\n: : [")
    drop(A, payments(payment("a")))
    assert ingest().refused == 1
    (failed,) = troubles(open_platform(Settings(home=home)))
    assert failed.kind == "failed" and "Left out now: transactions.odcs.yaml" in failed.cure
    contract_of(home).write_text(whole)
    ingest()
    assert query("SELECT transaction_id FROM lake.transactions") == [("a",)]


def test_a_second_contract_of_a_table_has_no_files_to_wait_for_it(home: Path, drop: Drop, ingest: Ingest) -> None:
    other = contract_of(home).with_name("twice.odcs.yaml")
    other.write_text(contract_of(home).read_text().replace("payments_", "twice_"))
    drop(A.replace("payments", "twice"), payments(payment("a")))
    assert ingest().refused == 1


def test_sensors_and_the_schedule_ask_for_no_run_that_could_only_fail(home: Path, drop: Drop) -> None:
    definitions = build(Settings(home=home))
    whole = contract_of(home).read_text()
    with dg.DagsterInstance.ephemeral() as instance:

        def asked(name: str) -> set[str]:
            with dg.build_sensor_context(instance, definitions=definitions, resources=definitions.resources) as context:
                requests = definitions.resolve_sensor_def(name).evaluate_tick(context).run_requests or []
            return {path for request in requests for path in _paths(request)}

        def scheduled() -> set[str]:
            at, repository = datetime(2024, 5, 2, 1, tzinfo=UTC), definitions.get_repository_def()
            with dg.build_schedule_context(
                instance, scheduled_execution_time=at, repository_def=repository, resources=definitions.resources
            ) as context:
                (request,) = definitions.resolve_schedule_def("yesterday_at_one").evaluate_tick(context).run_requests
            return set(_paths(request))

        contract_of(home).unlink()
        drop(A, payments(payment("a")))
        assert asked("watch_dropzone") == set()
        assert "summary/ingestion contracts_sound" in asked("publish_due_partitions")
        assert "summary/flights" in scheduled() and "summary/transactions" not in scheduled()
        contract_of(home).write_text(whole)
        assert "raw/transactions" in asked("watch_dropzone") and "summary/transactions" in scheduled()


def _paths(request: dg.RunRequest) -> list[str]:
    checks = [f"{key.asset_key.to_user_string()} {key.name}" for key in request.asset_check_keys or ()]
    return [*(key.to_user_string() for key in request.asset_selection or ()), *checks]


def test_the_check_on_contracts_warns_while_files_wait_for_one(home: Path, drop: Drop) -> None:
    daemon = Daemon(home)
    drop(A, payments(payment("a")))
    discover(daemon.pipeline.platform, "dropzone")
    whole = contract_of(home).read_text()
    contract_of(home).unlink()
    answer = contracts_sound(open_platform(Settings(home=home)))
    assert not answer.kept and "No contract describes the table transactions" in str(answer.cases)
    contract_of(home).write_text(whole)
    assert contracts_sound(open_platform(Settings(home=home))).kept
