"""Nothing that is asked every second, or by a person who waits, reads all deliveries: each statement has its index."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import Connection, event

from dropzone_assets.errors import SourceUnavailable
from dropzone_assets.inspect.delivery_status import troubles
from dropzone_assets.inspect.explain import explain_file
from dropzone_assets.inspect.not_found import explain_not_found
from dropzone_assets.inspect.partition_sources import explain_partition
from dropzone_assets.ledger import Tally
from dropzone_assets.ledger.statements import CHUNK
from dropzone_assets.orchestration.runs import history
from dropzone_assets.pipeline.discover import discover
from dropzone_assets.pipeline.plan import plan_loads, plan_publications
from dropzone_assets.platform import Platform
from dropzone_assets.upkeep.failed_folder import write_failed_folder
from dropzone_assets.upkeep.retire import retire
from tests.conftest import make_home
from tests.entries import WHY
from tests.pipeline import BAD, A, B, Pipeline
from tests.samples import payment, payments

DAY = date(2024, 5, 1)
DAYS = [DAY + timedelta(n) for n in range(365)]

MOVING = "sources:\n  - {name: dropzone, url: dropzone, settle_seconds: 0, after: move, move_to: done}\n"

Asked = list[tuple[str, Any]]

QUESTIONS: dict[str, Callable[[Platform, dg.DagsterInstance], object]] = {
    "a look": lambda p, _: discover(p, "dropzone"),
    "files that leave": lambda p, _: retire(p, "dropzone"),
    "what is to be loaded": lambda p, i: plan_loads(p, history(i)),
    "what is to be published": lambda p, i: plan_publications(p, history(i)),
    "the folder of failures": lambda p, _: write_failed_folder(p),
    "a file": lambda p, _: explain_file(p, A),
    "a file at a desk": lambda p, _: explain_file(p, f"/desk/dropzone/{A}", "dropzone"),
    "a file nobody has seen": lambda p, _: [explain_file(p, "x.csv"), explain_not_found(p, "x.csv")],
    "a partition": lambda p, _: explain_partition(p, "transactions", DAY),
    "what has failed or waits": lambda p, _: troubles(p),
    "what is gone": lambda p, _: [p.ledger.absences.absent(), p.ledger.absences.absences("dropzone")],
    "who is to be told": lambda p, _: [
        p.ledger.receipts.due("dropzone", "", 100),
        p.ledger.receipts.of_path("dropzone", A),
    ],
    "a name": lambda p, _: p.ledger.queries.named("x.csv"),
    "the newest failures": lambda p, _: p.ledger.queries.failures(limit=10),
    "what is pending": lambda p, _: [p.ledger.claims.pending(), p.ledger.claims.waiting_until()],
    "nothing waits": lambda p, _: p.ledger.claims.hasten(),
    "the summary of a day": lambda p, _: p.ledger.queries.per_date(DAYS),
    "a day again": lambda p, _: p.ledger.queries.tallies("transactions", DAYS),
    "a rebuild": lambda p, _: p.ledger.worklist.of_dates("transactions", DAYS),
    "a run": lambda p, _: _a_run(p),
}


def _a_run(platform: Platform) -> None:
    """All that a run of many files asks and writes."""
    ledger = platform.ledger
    mine = ledger.worklist.of_dates("transactions", [DAY])
    many = [mine[0].key, *(str(n) for n in range(2 * CHUNK))]
    files = [replace(mine[0], key=key, path=key) for key in many]
    ledger.claims.claim(many, "batch")
    ledger.deliveries.fetched(ledger.worklist.of_batch("batch"))
    ledger.worklist.holders(many)
    ledger.retractions.refused_before(files)
    ledger.arrivals.arrival("dropzone", many)
    ledger.deliveries.done_with(many)
    ledger.absences.gone(many)
    ledger.absences.there_again(many)
    ledger.worklist.siblings(files)
    ledger.deliveries.linked({mine[0].key: mine[0].key})
    ledger.claims.delayed({mine[0].key: SourceUnavailable("s", "t")})
    ledger.deliveries.loaded([Tally(key, 1, 1, 0, 0, ((DAY, 1),)) for key in many])
    ledger.deliveries.superseded(many)
    ledger.arrivals.restore(many, mine[0].arrived)
    ledger.arrivals.brought(many, mine[0])
    ledger.deliveries.settled(many, "opened")
    ledger.deliveries.failed(mine[0].key, "read", WHY)
    ledger.claims.release("batch", 3, WHY)
    ledger.arrivals.failed_inside(many)
    ledger.arrivals.older_files(mine[0])
    ledger.arrivals.sidecars("dropzone", many)
    ledger.retractions.retract(many, "why")
    ledger.retractions.retracted(many)
    ledger.retractions.let_in(many)
    ledger.replays.revalidate(many, "move", "lot")


@contextmanager
def overheard(platform: Platform) -> Iterator[Asked]:
    """Every statement that the ledger is asked in the block."""
    asked: Asked = []

    def hear(_: Connection, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        asked.append((statement, parameters[0] if many else parameters))

    event.listen(platform.ledger.engine, "before_cursor_execute", hear)
    yield asked
    event.remove(platform.ledger.engine, "before_cursor_execute", hear)


LEADS = re.compile(
    r"\((key=|stage=|name[=<>]|path=|content_hash=|batch=|parent=|same_as=|file_date=|state="
    r"|table_name=\? AND (file|data)_date|leaving=|source=\? AND parent=\? AND answered=)"
)
"""What leads to few deliveries."""

SHARED = {"loaded", "opened", "stored", "superseded", "sidecar", ""}
"""States, and the lack of a batch or an archive, that a million deliveries may share; copies are fewer."""


def bound(statement: str, parameters: Any, column: str) -> set[str]:
    """The values that a column is compared with where an index may help."""
    found: set[str] = set()
    for match in re.finditer(rf"\.{column} (?:=|IN) \(?(\?(?:, \?)*)", statement):
        before = statement[: match.start(1)].count("?")
        found.update(map(str, parameters[before : before + match[1].count("?")]))
    return found


def scans(platform: Platform, asked: Asked) -> list[str]:
    """What of the plans of these statements reads more of a book than it needs."""
    found = []
    with platform.ledger.engine.connect() as connection:
        for statement, parameters in asked:
            plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            steps = [step for step in plan if re.match(r"(SCAN|SEARCH) (deliveries|journal|contributions)", step)]
            wrong = [step for step in steps if step != "SEARCH journal" and not LEADS.search(step)]
            for column in () if "_by_leaving" in str(plan) else ("state", "batch", "parent", "same_as"):
                shared = SHARED & bound(statement, parameters, column)
                wrong += [step for step in steps if f"({column}=?)" in step and shared]
            found += [f"{step}: {statement}" for step in wrong]
    return found


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with a loaded file, a failed one, and one that is pending."""
    home = make_home(tmp_path_factory.mktemp("scale") / "home")
    (home / "sources.yaml").write_text(MOVING)
    pipeline = Pipeline(home)
    for name, content in ((A, payments(payment("a"))), (B, BAD), ("payments_20240503_100000.csv", "")):
        (home / "dropzone" / name).write_text(content)
        pipeline.all() if content else discover(pipeline.platform, "dropzone")
    yield pipeline.platform
    pipeline.platform.ledger.engine.dispose()


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_hot_question_reads_all_deliveries(question: str, platform: Platform, instance: dg.DagsterInstance) -> None:
    with overheard(platform) as asked:
        QUESTIONS[question](platform, instance)
    assert asked
    assert scans(platform, asked) == []
