"""`sources.yaml` names the places to watch, or says what is wrong with it."""

from pathlib import Path

import pytest

from dropzone_assets.errors import BadSettings
from dropzone_assets.sources import KINDS, SourceConfig, load_sources, open_source


def test_without_a_file_there_is_one_folder(tmp_path: Path) -> None:
    (only,) = load_sources(tmp_path / "sources.yaml")
    assert (only.name, only.kind, only.url) == ("dropzone", "folder", "dropzone")


@pytest.mark.parametrize("text", ["", "sources: []", "# nothing\n", "{}", "sources:"])
def test_a_file_may_name_no_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    assert load_sources(file) == []


def test_the_order_of_the_file_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("sources: [{name: b, url: x, settle_seconds: 0.5}, {name: a, url: /y, poll_seconds: 60}]")
    assert [each.name for each in load_sources(file)] == ["b", "a"]
    assert (load_sources(file)[0].settle_seconds, load_sources(file)[1].poll_seconds) == (0.5, 60)


WRONG = [
    "sources: [{name: a}]",
    "sources: [{url: x}]",
    "sources: [{name: 'Big Name', url: x}]",
    "sources: [{name: ../a, url: x}]",
    "sources: [{name: a, url: x, colour: red}]",
    "sources: [{name: a, url: x, credentials: {pasword: SECRET}}]",
    "sources: [{name: a, url: x, settle_seconds: -1}]",
    "sources: [{name: a, url: x, poll_seconds: 0}]",
    "sources: [{name: a, url: x, poll_seconds: soon}]",
    "sources: [{name: a, url: x}, {name: a, url: y}]",
    "sources: [a]",
    "sources: a",
    "sources: 7",
    "sources: {name: a, url: x}",
    "[a]",
    "just text",
    "7",
    "sources: [",
    "\tsources: []",
    b"sources: \xff",
]


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str | bytes) -> None:
    file = tmp_path / "sources.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadSettings, match=r"sources\.yaml"):
        load_sources(file)


def test_a_kind_nobody_knows_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=f"gopher.*{', '.join(KINDS)}"):
        open_source(SourceConfig(name="a", kind="gopher", url="x"), tmp_path, str)
