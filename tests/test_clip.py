"""What is shown of a table fits the terminal, and what does not fit is counted."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from dropzone_assets.cli.app import app
from dropzone_assets.cli.clip import SIGN, clip
from dropzone_assets.cli.show import out

TEXTS = st.text(st.characters(exclude_categories=["C", "M", "Z"]), max_size=90)


@settings(max_examples=40)
@given(st.data(), st.integers(1, 8), st.integers(20, 200))
def test_a_table_fits_or_says_what_was_left_out(data: st.DataObject, columns: int, width: int) -> None:
    names = data.draw(st.lists(TEXTS, min_size=columns, max_size=columns))
    rows = data.draw(st.lists(st.lists(TEXTS, min_size=columns, max_size=columns), max_size=4))
    found = clip(names, rows, width)
    for row in [found.names, *found.rows]:
        assert sum(map(cell_len, row)) + len(row) - 1 <= width
    whole = found.names == names and found.rows == rows
    assert whole == (not found.said)


def test_what_fits_is_shown_whole() -> None:
    assert clip(["a", "b"], [["1", "x" * 90]], 100) == (["a", "b"], [["1", "x" * 90]], "")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["1", "x" * 300, "y"]], "1 long cell cut"),
        ([["x" * 300, "x" * 300, "y" * 300]], "3 long cells cut"),
        ([["x" * 40, "x" * 300, "y"], ["z", "z", "z" * 300]], "3 long cells cut"),
    ],
)
def test_what_is_left_out_is_counted_and_named(rows: list[list[str]], said: str) -> None:
    assert clip(["first", "second", "last"], rows, 80).said == said


def test_columns_that_do_not_fit_beside_each_other_are_named() -> None:
    assert clip(["first", "second", "last"], [["x" * 30] * 3], 50).said == "2 long cells cut; 1 column left out: last"


def test_a_line_break_in_a_cell_is_shown_as_a_sign() -> None:
    assert clip(["a"], [["one\ntwo"]], 80) == (["a"], [["one↵two"]], "")


def test_a_preview_is_as_wide_as_the_terminal_and_says_how_to_see_the_rest(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(out, "width", 100)
    file = tmp_path / "wide.csv"
    names = [f"column{n}" for n in range(9)]
    file.write_text(f"id,{','.join(names)}\n1,{','.join(['x' * 200] * 9)}\n")
    said = CliRunner().invoke(app, ["preview", str(file)]).output
    assert "x" * 20 + SIGN in said and names[1] in said
    assert "columns left out: " in said and "All of it: --json" in said
    assert CliRunner().invoke(app, ["preview", str(file), "--csv"]).output.count("x" * 200) == 9
