"""The page that says who keeps which promise is true, and has no gap."""

import pytest

from dropzone_assets.archives import KINDS as ARCHIVES
from dropzone_assets.formats import KINDS as FORMATS
from dropzone_assets.sources import KINDS as SOURCES
from tests.conformance import FAMILIES, PAGE, Family, page, siblings, unknown


def test_the_page_says_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.conformance"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_no_exception_is_declared_for_a_promise_that_does_not_exist(family: Family) -> None:
    assert unknown(family) == []


@pytest.mark.parametrize(("family", "kinds"), list(zip(FAMILIES, (SOURCES, FORMATS, ARCHIVES), strict=True)))
def test_there_are_as_many_siblings_as_kinds(family: Family, kinds: dict[str, str]) -> None:
    assert len(siblings(family)) >= len(set(kinds.values()))
