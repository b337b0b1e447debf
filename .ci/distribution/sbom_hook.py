"""Puts the SBOM into the wheel, if `make dist` has written one beside pyproject.toml.

An install from a checkout has none, because there it could not be told what is installed beside it.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "sbom.cdx.json"


class SbomHook(BuildHookInterface[BuilderConfig]):
    """Named in pyproject.toml; hatchling finds it in this file by its base."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Add the file to those that go into `.dist-info/sboms`."""
        if (Path(self.root) / NAME).is_file():
            build_data["sbom_files"].append(NAME)
