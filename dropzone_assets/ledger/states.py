"""The life of a delivery: the states it can be in, and everything that can happen to it, as one table.

`moves.move` is what makes one happen. To add an event, add it here and the method that makes it happen.
"""

from dataclasses import dataclass

LISTED, FETCHED, LOADED = "listed", "fetched", "loaded"
LINKED, SUPERSEDED, FAILED = "linked", "superseded", "failed"
RETRACTING, RETRACTED = "retracting", "retracted"
"""States of files that are taken back: their rows are to go, and are gone."""

OPENED, STORED, SIDECAR = "opened", "stored", "sidecar"
"""States of files that are no table's: their members are deliveries of their own, or there is nothing more to do."""

STATES = (
    *(LISTED, FETCHED, LOADED, LINKED, SUPERSEDED, FAILED),
    *(RETRACTING, RETRACTED, OPENED, STORED, SIDECAR),
)

PENDING = (LISTED, FETCHED, RETRACTING)
"""States of deliveries that a run has still to work on."""

CURRENT = (LISTED, FETCHED, LOADED, LINKED, FAILED, OPENED, STORED)
"""States of the deliveries that a rebuild of a date looks at again."""

KEPT = (FETCHED, LOADED, LINKED, OPENED, STORED)
"""States of deliveries whose bytes are in the raw zone."""

SAFE = (LOADED, LINKED, OPENED, STORED)
"""States of deliveries that need their source no more. Not `superseded`: such a version may come back, and then it
is copied from its source."""

NOT_COUNTING = (SUPERSEDED, RETRACTING, RETRACTED)
"""States of deliveries that count no more."""

FETCH = "fetch"
"""The stage of what could not be copied. A delivery in a state of `SAFE` that has it has lost its raw copy."""

SHRUNK = "shrunk"
"""The stage of a loaded delivery that gives fewer rows than before, out of the same bytes, and keeps those it has."""

LEAVING, LEFT, GONE = "leaving", "left", "gone"
"""A file that is to go from its source, one that has left it, and one that is gone without our doing."""

NAMELESS = "nameless"
"""A file that no contract recognised."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that can happen to a delivery.

    Attributes:
        event: its word in the journal; empty where it is not worth an entry.
        before: the states in which it can happen; in all others nothing happens.
        after: the state it leads to; empty where the delivery stays what it is.
        forgets: the columns that are emptied.
    """

    event: str
    before: tuple[str, ...]
    after: str = ""
    forgets: tuple[str, ...] = ()


def _but(*states: str) -> tuple[str, ...]:
    return tuple(state for state in STATES if state not in states)


# What a move may forget: who works on it; that it waits; why it has failed; all that was tried; what it was before it
# was replaced; its rows.
RUN = ("batch", "lot")
WAITS = ("waits", "not_before")
BLAME = ("stage", "reason", "cure")
TRIES = (*RUN, "attempts", *WAITS, *BLAME)
PAST = (*RUN, "again", "attempts", "leaving", "same_as")
COUNTS = ("rows_read", "valid", "quarantined", "late", "rows_kept")

# It comes.
RECOGNISE = Move("recognised", (FAILED,), LISTED, BLAME)
RETURN = Move("back", (SUPERSEDED,), LISTED, (*PAST, *WAITS, *BLAME))
RETURN_NAMELESS = Move("back", (SUPERSEDED,), FAILED, PAST)
BRING = Move("back", (SUPERSEDED, RETRACTING, RETRACTED), FETCHED, (*PAST, *WAITS, *BLAME))

# A run works on it.
COPY = Move("fetched", (LISTED, FETCHED, FAILED), FETCHED, (*WAITS, *BLAME))
LINK = Move("linked", (LISTED, FETCHED), LINKED, ("lot",))
RELINK = Move("", (LINKED,), LINKED, ("lot",))
UNLINK = Move("unlinked", (LINKED,), FETCHED, ("same_as",))
OPEN = Move("opened", _but(RETRACTED), OPENED, BLAME)
STORE = Move("stored", _but(RETRACTED), STORED, BLAME)
LOAD = Move("loaded", _but(RETRACTING, RETRACTED), LOADED, ("lot", "again", *BLAME))
SUPERSEDE = Move("superseded", _but(*NOT_COUNTING), SUPERSEDED, RUN)

# It does not work, or not yet.
WAIT = Move("waiting", PENDING)
FREE = Move("freed", PENDING, forgets=("batch",))
FAIL = Move("failed", _but(*NOT_COUNTING), FAILED, (*WAITS, "lot"))
LOSE_COPY = Move("failed", _but(*NOT_COUNTING), forgets=(*WAITS, *RUN, "again"))
SHRINK = Move("failed", _but(*NOT_COUNTING), LOADED, (*WAITS, *RUN, "again"))
FIND_COPY = Move("recovered", SAFE, forgets=BLAME)

# It is tried again.
REPLAY = Move("again", (FAILED,), LISTED, TRIES)
REOPEN = Move("again", (OPENED,), FETCHED, TRIES)
RECOPY = Move("again", SAFE, FETCHED, TRIES)
RELOAD = Move("again", (LOADED,), FETCHED, TRIES)
REBUILD = Move("again", (LOADED, FAILED), FETCHED, TRIES)

# It is taken back, and counts again.
RETRACT = Move("retracting", CURRENT, RETRACTING, (*TRIES, "same_as"))
RETRACT_ROWLESS = Move("retracted", CURRENT, RETRACTED, TRIES)
END_RETRACTION = Move("retracted", (RETRACTING,), RETRACTED, (*RUN, *COUNTS))
LET_IN = Move("again", (RETRACTING, RETRACTED), FETCHED, TRIES)
LET_IN_UNCOPIED = Move("again", (RETRACTING, RETRACTED), LISTED, TRIES)
LET_IN_NAMELESS = Move("again", (RETRACTING, RETRACTED), FAILED, TRIES)

# Its file at the source.
MISS = Move("gone", CURRENT)
FIND = Move("there again", STATES, forgets=("leaving",))

MOVES = {name: value for name, value in list(globals().items()) if isinstance(value, Move)}
"""Name → move: the whole table."""
