"""What is to be ready before a run starts is there: a name that is wrong would only make runs slow."""

import importlib
import sys

import pytest

from dropzone_assets.orchestration.launcher.launcher import PRELOAD


@pytest.mark.parametrize("module", PRELOAD)
def test_a_module_to_have_ready_is_there(module: str) -> None:
    importlib.import_module(module)
    assert module in sys.modules
