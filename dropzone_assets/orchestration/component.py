"""The platform as a component of a `dg` project: one YAML file, no Python."""

from pathlib import Path

import dagster as dg

from dropzone_assets.orchestration.definitions import definitions
from dropzone_assets.settings import Settings


class DropzoneComponent(dg.Component, dg.Model, dg.Resolvable):
    """All tables, sensors and checks of one home.

    Attributes:
        home: the folder of the home, absolute or below the component's own; `DROPZONE_HOME` when left out.
    """

    home: str = ""

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The definitions of the home."""
        return definitions(
            Settings(home=(context.path / Path(self.home).expanduser()).resolve()) if self.home else None
        )
