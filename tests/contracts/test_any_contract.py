"""Whatever a person writes into a contract, it loads or it is refused, and the contract beside it loads anyway."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dropzone_assets.contracts import load_contracts
from dropzone_assets.formats import open_format
from tests.cases.validated import FIRST_DAY, describe, write

SHIPPED = Path(__file__).parents[2] / "data" / "contracts"
DOCUMENTS = [yaml.safe_load(file.read_text()) for file in sorted(SHIPPED.glob("*.odcs.yaml"))]


def locations(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything in a document."""
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [each for key, value in inside for each in ((*path, key), *locations(value, (*path, key)))]


NONSENSE = (
    None,
    "",
    "x",
    "{",
    "{text}",
    "'",
    '"',
    0,
    -1,
    1.5,
    True,
    [],
    {},
    ["x"],
    [None],
    {"a": 1},
    "%Q",
    "(",
    "string",
)
WORDS = (
    "integer",
    "date",
    "object",
    "DECIMAL(2,9)",
    "SELECT 1; DROP TABLE lake",
    "é\n",
    10**40,
    float("nan"),
    FIRST_DAY,
)
JUNK = st.sampled_from([*NONSENSE, *WORDS])


@settings(max_examples=25, deadline=None)
@given(
    document=st.sampled_from(DOCUMENTS),
    pick=st.randoms(use_true_random=False),
    junk=st.lists(JUNK, min_size=1, max_size=2),
)
def test_whatever_is_written_in_a_contract_it_loads_or_is_refused(
    document: dict[str, Any], pick: Any, junk: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = copy.deepcopy(document)
    for value in junk:
        *way, last = pick.choice(locations(changed))
        node: Any = changed
        for key in way:
            node = node[key]
        node[last] = value
    folder = tmp_path_factory.mktemp("contracts")
    write(folder, changed)
    write(folder, describe({"name": "id"}), "sound")
    found = load_contracts(folder, FIRST_DAY, open_format)
    assert "t" in found.tables
    assert len(found.tables) + len(found.broken) + len(found.inactive) == 2
