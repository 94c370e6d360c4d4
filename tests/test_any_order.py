"""Whatever happens to the files, and whenever it is noticed: the lake is what the files of today say."""

import os
import shutil
from collections import Counter
from contextlib import nullcontext, suppress
from datetime import date
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from dropzone_assets.engine import rows
from dropzone_assets.files import Delivery, RawFile
from dropzone_assets.ledger.partitions import Partitions
from dropzone_assets.platform import Platform, open_platform
from dropzone_assets.settings import Settings
from dropzone_assets.steps.commit import commit
from dropzone_assets.steps.fetch import fetch
from dropzone_assets.steps.intake import take_in
from dropzone_assets.steps.judge import judge
from dropzone_assets.steps.plan import History, plan_loads
from dropzone_assets.steps.publish import deduplicate, publish, snapshot
from dropzone_assets.steps.query import open_query
from dropzone_assets.steps.versions import versions
from tests.conftest import make_home
from tests.samples import payment, payments

Line = tuple[str, str, int]
"""Transaction, day, amount."""

PLACES = ("payments_20240501_100000.csv", "late/payments_20240501_120000.csv")
DAYS = ("2024-05-01", "2024-05-02", "2024-05-03")

LINES = st.tuples(st.just("a"), st.sampled_from(DAYS), st.integers(1, 3))
REFUSED = None
"""A file that cannot be read as its table."""

TWIN = [("twin", DAYS[0], 7), ("twin", DAYS[2], 7)]
"""Content that several places may have."""

CONTENT = st.one_of(st.lists(LINES, max_size=4), st.just(TWIN), st.just(REFUSED))


class Died(BaseException):
    """The process ends here."""


class Road(RuleBasedStateMachine):
    """Files come, change and are noticed; runs load, publish, rebuild and are repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(mkdtemp())
        self.moment = 1_000
        self.died = False
        self.files: dict[str, list[tuple[int, list[Line] | None]]] = {place: [] for place in PLACES}
        self.seen: dict[str, int] = {}
        self.held: dict[str, list[Line]] = {}
        self.ended: Counter[str] = Counter()

    @initialize()
    def begin(self) -> None:
        self.platform: Platform = open_platform(Settings(home=make_home(self.home / "home")))

    @rule(place=st.sampled_from(PLACES), content=CONTENT)
    def drop(self, place: str, content: list[Line] | None) -> None:
        # A version that died before the ledger knew of it cannot be fallen back to.
        content = [] if self.died and content is REFUSED else content
        self.moment += 1
        own = [] if content in (REFUSED, TWIN) else [(place, DAYS[1], 1)]
        self._write(place, self.moment, content if content is REFUSED else [*own, *content])

    @rule(place=st.sampled_from(PLACES))
    def touch(self, place: str) -> None:
        if self.files[place]:
            self.moment += 1
            self._write(place, self.moment, self.files[place][-1][1])

    @rule(place=st.sampled_from(PLACES))
    def put_back(self, place: str) -> None:
        if self.files[place]:
            self._write(place, *self.files[place][0])

    @rule()
    def look(self) -> None:
        take_in(self.platform, "dropzone")
        self.seen = {place: versions[-1][0] for place, versions in self.files.items() if versions}

    @rule()
    def load(self, *, dies: bool = False) -> None:
        for request in plan_loads(self.platform, self._history):
            wanted = self.platform.ledger.deliveries.of_batch
            fetch(self.platform, wanted(request.id))
            self._commit(wanted(request.id), dies)
            self.ended[request.id] += 1
        self.died = dies
        self._hold(DAYS)

    @rule(day=st.sampled_from(DAYS))
    def rebuild(self, day: str) -> None:
        wanted = self.platform.ledger.deliveries.of_dates
        days = [date.fromisoformat(day)]
        fetch(self.platform, wanted("transactions", days))
        self._commit(wanted("transactions", days))
        self._hold([day])

    @rule()
    def publish(self) -> None:
        contract = self.platform.contract("transactions")
        due = self.platform.ledger.partitions.due().get("transactions", {})
        taken = snapshot(self.platform, contract, list(due))
        publish(self.platform, taken, deduplicate(taken))

    @rule(place=st.sampled_from(PLACES), content=CONTENT, dies=st.booleans())
    def drop_and_ingest(self, place: str, content: list[Line] | None, dies: bool) -> None:
        self.drop(place, content)
        self.look()
        self.load(dies=dies)

    @rule(place=st.sampled_from(PLACES), back=st.booleans())
    def touch_and_ingest(self, place: str, back: bool) -> None:
        self.put_back(place) if back else self.touch(place)
        self.look()
        self.load()

    @rule()
    def ingest_again(self) -> None:
        self.platform.ledger.deliveries.load_again()
        self.load()

    def teardown(self) -> None:
        for _ in range(3):
            self.look()
            self.load()
        self.publish()
        with open_query(self.platform) as connection:
            lake = rows(connection, "SELECT transaction_id, transaction_ts::DATE, amount FROM lake.transactions")
        self.platform.ledger.engine.dispose()
        shutil.rmtree(self.home)
        assert sorted((name, str(day), int(amount)) for name, day, amount in lake) == self._expected()

    def _write(self, place: str, moment: int, content: list[Line] | None) -> None:
        file = self.home / "home" / "dropzone" / place
        file.parent.mkdir(exist_ok=True)
        lines = [payment(*line) for line in content or []]
        file.write_text("nonsense\n1\n" if content is REFUSED else payments(*lines))
        os.utime(file, ns=(moment, moment))
        self.files[place].append((moment, content))

    def _commit(self, wanted: list[Delivery], dies: bool = False) -> None:
        contract = self.platform.contract("transactions")
        chosen = versions(self.platform, wanted)
        raw = [RawFile(d, self.platform.raw.uri(d.raw_path)) for d in chosen.current if d.content_hash]
        load = judge(self.platform, contract, raw)
        with patch.object(Partitions, "touched", side_effect=Died) if dies else nullcontext(), suppress(Died):
            commit(self.platform, load, chosen)

    def _history(self, identity: str) -> History:
        return History(False, self.ended[identity])

    def _hold(self, days: list[str] | tuple[str, ...]) -> None:
        """The files that were seen and have not changed since are held, unless they were refused."""
        for place, (moment, content) in ((place, found[-1]) for place, found in self.files.items() if found):
            of = f"{place[-19:-15]}-{place[-15:-13]}-{place[-13:-11]}"
            if self.seen.get(place) == moment and content is not REFUSED and of in days:
                self.held[place] = content

    def _expected(self) -> list[Line]:
        """The first line of each key and day, in the order of the files' times and of the lines in each."""
        first: dict[tuple[str, str], int] = {}
        for place in PLACES:
            for name, day, amount in self.held.get(place, []):
                first.setdefault((name, day), amount)
        return sorted((name, day, amount) for (name, day), amount in first.items())


Road.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
TestRoad = Road.TestCase

ONE, OTHER = [("a", DAYS[0], 1)], [("a", DAYS[2], 2)]

STORIES = {
    "touched, loaded again, restated": [("drop", ONE), ("touch",), ("again",), ("drop", OTHER)],
    "touched, rebuilt, restated": [("drop", ONE), ("touch",), ("rebuild",), ("drop", OTHER)],
    "restated, died, taken back": [("drop", ONE), ("die", OTHER), ("drop", ONE)],
    "restated, put back as it was": [("drop", ONE), ("drop", OTHER), ("back",)],
    "refused, touched, refused again": [("drop", ONE), ("drop", REFUSED), ("touch",)],
}


@pytest.mark.parametrize("story", STORIES)
def test_what_once_went_wrong_goes_well(story: str) -> None:
    road, place = Road(), PLACES[0]
    road.begin()
    for step, *content in STORIES[story]:
        if step in ("drop", "die"):
            road.drop_and_ingest(place, content[0], step == "die")
        elif step in ("touch", "back"):
            road.touch_and_ingest(place, step == "back")
        elif step == "rebuild":
            road.rebuild(DAYS[0])
        else:
            road.ingest_again()
    road.teardown()
