"""Every byte of a text file belongs to one span, whatever the file looks like."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cases.spans import assert_byte_law

BROKEN = Path(__file__).parents[1] / "broken"

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "shift_jis", "gb18030")

PIECES = ("1", "b c", " ", "ä\xa0", "表", '"', '""', "'", "\\", ",", ",", "2,x{}", '"y{}z"', ' "s",', "{}", "{}", "{}")


@st.composite
def csv_files(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """Text that is nearly CSV, as bytes, with the options to read it."""
    header, skip = draw(st.booleans()), draw(st.sampled_from([0, 0, 1, 2]))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]]))
    encoding = draw(st.sampled_from(ENCODINGS))
    names = draw(st.sampled_from(["id,note{}", '"id","note"{}', 'id,"no\nte"{}'])) if header else "1,a{}"
    pieces = ["above{}"] * skip + [names, *draw(st.lists(st.sampled_from(PIECES), max_size=25))]
    text = "".join(piece.format(draw(st.sampled_from(ends))) if "{}" in piece else piece for piece in pieces)
    dialect = {"delimiter": ",", "quote": '"', "escape": draw(st.sampled_from(["", "\\"]))}
    options = {"kind": "csv", **dialect, "header": header, "skip": skip, "encoding": encoding}
    return text.encode(encoding, "replace"), options


@settings(max_examples=25, deadline=None)
@given(file=csv_files())
def test_every_byte_of_a_csv_file_is_in_one_span(
    file: tuple[bytes, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert_byte_law(tmp_path_factory.mktemp("home"), *file)


TEXTS = sorted(file.name for file in BROKEN.iterdir() if file.suffix in (".csv", ".ndjson"))


@pytest.mark.parametrize("name", TEXTS)
def test_the_bytes_of_an_ugly_file_are_all_accounted_for(tmp_path: Path, name: str) -> None:
    kind = {"kind": "csv"} if name.endswith(".csv") else {"kind": "json", "lines": True}
    assert_byte_law(tmp_path, (BROKEN / name).read_bytes(), kind)
