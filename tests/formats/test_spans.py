"""Every byte of a text file belongs to one span, whatever the file looks like."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
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


@st.composite
def line_files(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    """Lines of fixed width, or of JSON, good ones and bad ones."""
    fixed = draw(st.booleans())
    encoding = draw(st.sampled_from(ENCODINGS if fixed else ("utf-8", "utf-8-sig", "utf-16")))
    pieces = FIXED if fixed else JSON
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]] if fixed else [["\n"], ["\r\n"]]))
    text = "".join(line + draw(st.sampled_from(ends)) for line in draw(st.lists(st.sampled_from(pieces), max_size=12)))
    text += draw(st.sampled_from(pieces))
    options: dict[str, Any] = {"kind": "json", "lines": True}
    if fixed:
        columns = [{"name": "id", "width": 2}, {"name": "note", "width": 2}]
        above = {"header": draw(st.booleans()), "skip": draw(st.sampled_from([0, 2]))}
        options = {"kind": "fixed_width", "columns": columns, "encoding": encoding, **above}
    return text.encode(encoding, "replace"), options


FIXED = ("1 ab", "2 äb", "3 表x", "4", "", "    ", "12345", '"  "')
JSON = ('{"id": 1}', '{"id": "ä", "note": "\u2028"}', "{", "", " \t", "7", "\x01", '{"id": "x\x01"}')


@settings(max_examples=8, deadline=None)
@given(file=csv_files())
def test_every_byte_of_a_csv_file_is_in_one_span(
    file: tuple[bytes, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert_byte_law(tmp_path_factory.mktemp("home"), *file)


@settings(max_examples=8, deadline=None)
@given(file=line_files())
def test_every_byte_of_a_file_of_lines_is_in_one_span(
    file: tuple[bytes, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert_byte_law(tmp_path_factory.mktemp("home"), *file)


@pytest.mark.long
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(file=csv_files() | line_files())
def test_every_byte_of_hundreds_of_files_is_in_one_span(
    file: tuple[bytes, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert_byte_law(tmp_path_factory.mktemp("home"), *file)


TEXTS = sorted(file.name for file in BROKEN.iterdir() if file.suffix in (".csv", ".ndjson"))


@pytest.mark.parametrize("name", TEXTS)
def test_the_bytes_of_an_ugly_file_are_all_accounted_for(tmp_path: Path, name: str) -> None:
    kind = {"kind": "csv"} if name.endswith(".csv") else {"kind": "json", "lines": True}
    assert_byte_law(tmp_path, (BROKEN / name).read_bytes(), kind)
