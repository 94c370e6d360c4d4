"""A small part of the campaign: of damaged files of every format nothing is lost, and nothing comes out twice."""

import pytest

from tests.conserve.balance import Outcome, unbalanced
from tests.conserve.campaign import Report, content_of, live
from tests.conserve.samples import KINDS

CONTENT = b"id,note\nQz000001zQ,Qz000002zQ\nQz000003zQ,Qz000004zQ\n"
VALID, AS_IT_CAME = [("Qz000001zQ", '{"note":"Qz000002zQ"}')], ['{"line": "Qz000003zQ,Qz000004zQ"}']


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_of_a_damaged_file_comes_out_of_it(kind: str) -> None:
    report: Report = live((kind, 7, range(60)))
    assert report.happened[f"{kind}: files"] == 60
    assert 0 < report.happened[f"{kind}: refused"] < 60
    assert report.wrong == []


def test_files_of_one_number_are_the_same_and_those_of_another_are_others() -> None:
    assert content_of("csv", 1, 5) == content_of("csv", 1, 5) != content_of("csv", 1, 6)


def test_what_is_lost_and_what_comes_twice_is_found() -> None:
    assert unbalanced(CONTENT, Outcome("", VALID, AS_IT_CAME)) == []
    assert unbalanced(CONTENT, Outcome("", VALID, [])) == ["Qz000003zQ is lost", "Qz000004zQ is lost"]
    assert unbalanced(CONTENT, Outcome("", VALID * 2, AS_IT_CAME))[0].endswith("came out more often than it went in")
    assert unbalanced(CONTENT, Outcome("is refused", [], [])) == []
    assert unbalanced(CONTENT, Outcome("", [], AS_IT_CAME, skipped=CONTENT.decode().splitlines()[1])) == []
