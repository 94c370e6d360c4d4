"""The door for Dagster: what `dagster dev -m dropzone_assets.definitions` loads, and what other projects embed."""

from dropzone_assets.orchestration.component import DropzoneComponent
from dropzone_assets.orchestration.definitions import build, definitions, defs

__all__ = ["DropzoneComponent", "build", "definitions", "defs"]
