"""What a person reads while `up` is at work: one line an event, counted together where there are many."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

import dagster as dg

from dropzone_assets.ledger import Happened, Ledger

SINGLE = 3
"""Files of one table and event in one second that are named one by one."""

WORDS = {
    "fetched": "arrived",
    "loaded": "loaded",
    "linked": "is known: its bytes are loaded under another name",
    "opened": "opened",
    "stored": "stored",
    "retracted": "taken back",
    "waiting": "waits",
    "freed": "is tried again",
    "failed": "failed",
}
"""Events of the journal that are shown, and how."""


class Events:
    """The ledger and Dagster's runs, watched from now on."""

    def __init__(self, ledger: Ledger, instance: dg.DagsterInstance, url: str) -> None:
        self._ledger, self._instance, self._url = ledger, instance, url
        self._feed = ledger.feed()
        self._began = datetime.now(UTC)
        self._failed: set[str] = set()
        self._problems: dict[str, str] = {}
        self._daemons: list[str] = []

    def files(self) -> Iterator[str]:
        """Files that arrived, were loaded or failed, and days that were published."""
        happened = [each for each in self._feed.happened() if each.event in WORDS]
        for (event, table), found in groupby(sorted(happened, key=_kind), _kind):
            yield from _lines(event, table, list(found))
        for table, days in groupby(self._feed.published(), lambda pair: pair[0]):
            listed = [str(day) for _, day in days]
            yield f"{table}: {listed[0] if len(listed) == 1 else _many(len(listed), 'day')} in the lake"

    def runs(self) -> Iterator[str]:
        """Runs that failed."""
        filters = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=self._began)
        for run in self._instance.get_runs(filters=filters, limit=50):
            if run.run_id not in self._failed:
                self._failed.add(run.run_id)
                what = ", ".join(sorted(key.to_user_string() for key in run.asset_selection or ())) or run.job_name
                yield f"A run of {what} failed: {self._url}/runs/{run.run_id}"

    def troubles(self) -> Iterator[str]:
        """Sources that cannot be listed, or can again; another daemon at work."""
        problems = {name: look.problem for name, look in self._ledger.listings.last().items()}
        for name, problem in problems.items():
            if problem and not self._problems.get(name):
                yield f"source {name} cannot be listed: {problem}"
            elif self._problems.get(name) and not problem:
                yield f"source {name} can be listed again"
        self._problems = problems
        yield from self._other_daemon()

    def _other_daemon(self) -> Iterator[str]:
        """Daemons write their names in turn into one place: a name that comes back was not ours all the time."""
        beat = self._instance.get_daemon_heartbeats().get("SENSOR")
        if beat and self._daemons[-1:] != [str(beat.daemon_id)]:
            if str(beat.daemon_id) in self._daemons:
                self._daemons.clear()
                yield (
                    "Another Dagster daemon works on this home too, and both ask for the same runs. "
                    "End it; to find it: pgrep -fa 'dagster.*daemon'"
                )
            self._daemons.append(str(beat.daemon_id))


def _kind(each: Happened) -> tuple[str, str]:
    return each.event, each.table


def _lines(event: str, table: str, found: list[Happened]) -> Iterator[str]:
    where, does = f"{table}: " if table else "", WORDS[event]
    named = found if len(found) <= SINGLE else found[: SINGLE * (event == "failed")]
    for each in named:
        what = f"{where}{each.path} {does}"
        said = ": ".join(filter(None, [what, "" if event in ("fetched", "linked") else each.said]))
        yield " ".join(f"{said} {each.cure if event == 'failed' else ''}".split())
    if rest := len(found) - len(named):
        more = "more " if named else ""
        sources = ", ".join(sorted(Counter(each.source for each in found)))
        see = "; see: dropzone status --failed" if event == "failed" else ""
        yield f"{where}{_many(rest, f'{more}file')} of {sources} {does}{see}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
