"""Runs that start at once: forked from a process that has all libraries loaded, and not queued while there is room.

Both classes are named in `dagster.yaml`, under `run_launcher` and `run_coordinator`; Dagster's own do the
same work. Nothing of the platform is known here but the name of the module to have ready.
"""

from dropzone_assets.orchestration.launcher.coordinator import PromptRunCoordinator
from dropzone_assets.orchestration.launcher.launcher import ForkedRunLauncher

__all__ = ["ForkedRunLauncher", "PromptRunCoordinator"]
