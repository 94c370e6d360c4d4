"""The warm-up makes definitions and leaves nothing behind that a fork could trip over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropzone_assets.contracts import load_contracts
from dropzone_assets.formats import open_format
from dropzone_assets.orchestration.warm_up import CONTRACT, warm_up
from dropzone_assets.settings import Settings
from tests.test_floors import ROOT

ALONE = """
import os, threading
import dropzone_assets.orchestration.warm_up
assert threading.active_count() == 1, threading.enumerate()
print([link for fd in os.listdir('/proc/self/fd') if os.path.exists(link := os.path.realpath(f'/proc/self/fd/{fd}'))])
"""


def test_nothing_stays_open_and_no_file_is_left(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
    said = subprocess.run([sys.executable, "-c", ALONE], env=environment, capture_output=True, text=True, check=True)
    assert "duckdb" not in said.stdout
    assert "sqlite" not in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_its_contract_can_be_honoured_and_has_a_little_of_everything(tmp_path: Path) -> None:
    (tmp_path / "warm_up.odcs.yaml").write_text(CONTRACT)
    contracts = load_contracts(tmp_path, Settings().start_date, open_format)
    assert not contracts.broken
    contract = contracts.tables["warm_up"]
    assert contract.quality
    assert contract.freshness
    assert contract.owners
    assert contract.key


def test_runs_start_where_there_is_no_room_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    warm_up()
