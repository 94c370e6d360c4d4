"""What once went wrong goes well."""

import pytest

from tests.chaos.crossings import Crossings, Fault
from tests.chaos.letters import Letter
from tests.chaos.scenario import ARCHIVE, MEMBERS, PAYMENTS, SHARED, TWIN, Scenario, Step
from tests.chaos.validation import run

ONE, OTHER = (Step("send", (PAYMENTS[0], Letter(lines=((name, "2024-05-01", "1"),)))) for name in ("one", "other"))
FIRST = Step("send", (SHARED, Letter(songs=("x",), movies=("x", "z"))))
SECOND = Step("send", (SHARED, Letter(songs=("z",))))
LOOK, LOAD, PUBLISH, SETTLE = (Step(name) for name in ("look", "load", "publish", "settle"))
AGAIN = [ONE, LOOK, LOAD, Step("touch", (PAYMENTS[0],)), LOOK, LOAD]
BAD = Step("send", (PAYMENTS[0], Letter(readable=False)))

STORIES = {
    "a version that the warehouse holds and the ledger does not is replaced by the next": [
        *(FIRST, LOOK, LOAD),
        Step("load", (), (Fault("ledger commit", 7, "connection dropped"),)),
        SECOND,
    ],
    "a newer version counts though the clock was set back": [ONE, SETTLE, Step("jump", (-3_600,)), OTHER, LOOK],
    "what came in while the clock was set back is in the summary": [
        *(ONE, SETTLE, Step("jump", (-3_600,)), OTHER, LOOK, LOAD, PUBLISH, PUBLISH),
    ],
    "what a process that died had not finished is no part of the lake": [
        *(ONE, LOOK, LOAD),
        Step("publish", (), (Fault("staged object", 1, "dies after"),)),
    ],
    "loaded by the third process": [
        *(ONE, LOOK),
        *(Step("load", (), (Fault("ledger commit", number, "dies before"),)) for number in (5, 6, 7)),
    ],
    "touched, loaded again, restated": [*AGAIN, Step("force"), LOAD, OTHER],
    "touched, rebuilt, restated": [*AGAIN, Step("rebuild", ("payments", "2024-05-01")), OTHER],
    "restated, died, taken back": [
        *(ONE, LOOK, LOAD, OTHER, LOOK),
        Step("load", (), (Fault("warehouse detach", 1, "dies before"),)),
        *(ONE, LOOK, LOAD),
    ],
    "restated, put back as it was": [ONE, SETTLE, OTHER, SETTLE, Step("put_back", (PAYMENTS[0], 0))],
    "refused, touched, refused again": [ONE, SETTLE, BAD, LOOK, LOAD, Step("touch", (PAYMENTS[0],)), LOOK, LOAD],
    "what only was replaced, by a copy of another file, is not in the summary": [
        *(Step("send", (ARCHIVE, Letter(members=((MEMBERS[0], ()),)))), LOOK, LOAD),
        Step("send", (ARCHIVE, Letter(members=((MEMBERS[0], TWIN),)))),
        Step("send", (PAYMENTS[0], Letter(lines=TWIN))),
    ],
    "dies when it has found that a new version is a copy of another file": [
        *(Step("send", (PAYMENTS[1], Letter(lines=TWIN))), ONE, SETTLE),
        *(Step("send", (PAYMENTS[0], Letter(lines=TWIN))), LOOK),
        Step("load", (), (Fault("warehouse attach", 1, "dies before"),)),
    ],
    "equal content comes and goes": [
        *(Step("send", (path, Letter(lines=TWIN))) for path in PAYMENTS[:2]),
        *(LOOK, LOAD, OTHER, LOOK, LOAD, Step("send", (PAYMENTS[0], Letter(lines=TWIN))), LOOK),
        Step("load", (), (Fault("warehouse attach", 1, "dies before"),)),
    ],
}


QUICK = 5
"""Stories for every day; the others are told among the long tests."""


@pytest.mark.parametrize(
    "story", [story if n < QUICK else pytest.param(story, marks=pytest.mark.long) for n, story in enumerate(STORIES)]
)
def test_what_once_went_wrong_goes_well(story: str) -> None:
    assert run(Scenario("keep", tuple(STORIES[story])), Crossings()) == []
