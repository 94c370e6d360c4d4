"""What Dagster loads: `dagster dev -m dropzone_assets.definitions`, and a workspace's `module_name`."""

from dropzone_assets.orchestration.definitions import build, defs

__all__ = ["build", "defs"]
