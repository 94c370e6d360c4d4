"""The law of keys that are unique in the whole table: whatever happens, the lake is a dict by key of what counts."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dropzone_assets.pipeline.publish import publish, snapshot
from tests.pipeline import Pipeline
from tests.test_unique import Row, checked, contract, done, holds, made, published, send, taken_back


@dataclass
class Model:
    """What the platform should come to, in plain Python. Name (its day, a letter) → rows; those that are taken back."""

    keep: str
    files: dict[tuple[int, str], tuple[Row, ...]] = field(default_factory=dict)
    away: set[tuple[int, str]] = field(default_factory=set)

    def lake(self) -> list[Row]:
        counting = sorted(name for name in self.files if name not in self.away)
        sent = [row for name in counting for row in self.files[name]]
        kept: dict[tuple[str, str], Row] = {}
        for row in sent if self.keep == "last" else reversed(sent):
            kept[row[:2]] = row
        return sorted(kept.values())


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""A history takes a second: it is short enough to be read as it was found."""

names = st.tuples(st.integers(1, 3), st.sampled_from(["", "_b"]))
sent = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(["", "s"]), st.integers(0, 3), st.integers(1, 3)),
    min_size=1,
    max_size=4,
).map(tuple)
steps = st.one_of(
    st.tuples(st.just("send"), names, sent),
    st.tuples(st.just("send"), names, sent),
    st.tuples(st.just("take back"), names, st.just(())),
    st.tuples(st.just("let in"), names, st.just(())),
    st.tuples(st.just("load again"), names, st.just(())),
    st.tuples(st.just("work"), names, st.just(())),
)


keeps = st.sampled_from(["first", "last"])
histories = st.lists(steps, min_size=3, max_size=9)
History = Sequence[tuple[str, tuple[int, str], tuple[Row, ...]]]


def step(pipeline: Pipeline, model: Model, what: str, name: tuple[int, str], content: tuple[Row, ...]) -> None:
    file = f"stock_202405{name[0]:02}{name[1]}.csv"
    if what == "send" and name not in model.away:
        send(pipeline, name[0], *content, at=name[1])
        model.files[name] = content
    elif what == "take back" and name in model.files.keys() - model.away:
        pipeline.all()
        taken_back(pipeline, file)
        model.away.add(name)
    elif what == "let in" and name in model.away:
        taken_back(pipeline, file, undo=True)
        model.away.discard(name)
    elif what == "load again":
        pipeline.platform.ledger.replays.load_again()
    elif what == "work":
        done(pipeline)


@contextmanager
def lived(keep: str, history: History) -> Iterator[Pipeline]:
    """A home after all that, whose lake is that of the model."""
    with TemporaryDirectory() as folder:
        pipeline, model = made(Path(folder), contract(keep)), Model(keep)
        for what, name, content in history:
            step(pipeline, model, what, name, content)
        assert done(pipeline) == model.lake()
        assert checked(pipeline)
        again(pipeline)
        assert done(pipeline) == model.lake()
        yield pipeline
        pipeline.platform.ledger.engine.dispose()


@settings(max_examples=4, deadline=None, phases=PHASES)
@given(keep=keeps, history=histories)
def test_the_lake_is_a_dict_by_key_of_all_that_counts_whatever_happened_in_which_order(
    keep: str, history: History
) -> None:
    with lived(keep, history):
        pass


@pytest.mark.full
@settings(max_examples=10, deadline=None, phases=PHASES)
@given(keep=keeps, history=histories)
def test_such_a_lake_is_proved_from_the_raw_zone(keep: str, history: History) -> None:
    with lived(keep, history) as pipeline:
        assert holds(pipeline)


def again(pipeline: Pipeline) -> None:
    """Publish every day once more, one by one: each has the rows that it had."""
    before = {day: counts[:2] for day, counts in published(pipeline).items()}
    for day in pipeline.platform.ledger.partitions.days("stock"):
        taken = snapshot(pipeline.platform, pipeline.platform.contract("stock"), [day])
        with closing(taken.connection):
            publish(pipeline.platform, taken)
    assert {day: counts[:2] for day, counts in published(pipeline).items()} == before
