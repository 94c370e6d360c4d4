"""A server is asked for the time of a file only as often as needed."""

import pytest

from dropzone_assets.sources.wire import ftp_times
from dropzone_assets.sources.wire.ftp_lines import Line
from dropzone_assets.sources.wire.ftp_times import FRESH, SURE, Times

LINE = Line(b"a.csv", "file", 5, stamp=b"Nov 21 05:13")


def asked(monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, Line]]) -> list[bool]:
    """Whether each look, at these seconds, had to ask."""
    times, answers = Times(), []
    for at, line in looks:
        monkeypatch.setattr(ftp_times, "monotonic", lambda at=at: at)
        times.look()
        told = times.time_of(b"a.csv", line, lambda at=at: str(at))
        answers.append(told == str(at))
    return answers


def test_a_line_that_stood_for_a_while_is_believed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [(1.0, LINE), (2.0, LINE), (SURE, LINE), (SURE + 2, LINE), (SURE + 3, LINE), (SURE + FRESH * 2, LINE)]
    assert asked(monkeypatch, looks) == [True, True, True, True, False, True]


@pytest.mark.parametrize("other", [LINE._replace(size=6), LINE._replace(stamp=b"Nov 21 05:14")])
def test_a_line_that_changed_is_asked_about(monkeypatch: pytest.MonkeyPatch, other: Line) -> None:
    looks = [(1.0, LINE), (SURE + 2, LINE), (SURE + 3, LINE), (SURE + 4, other), (SURE + 5, LINE)]
    assert asked(monkeypatch, looks) == [True, True, False, True, True]
