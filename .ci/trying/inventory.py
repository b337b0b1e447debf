"""Whether those packages were installed that the constraints and the wheel's SBOM name."""

import json
import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_OTHERS = {"groundswell", "pip", "setuptools"}
"""What is in an environment besides its libraries."""


def read_sbom(wheel: Path) -> dict[str, Any]:
    """Return the SBOM in a wheel: https://peps.python.org/pep-0770/."""
    with zipfile.ZipFile(wheel) as files:
        [name] = [one for one in files.namelist() if re.search(r"\.dist-info/sboms/[^/]+$", one)]
        sbom: dict[str, Any] = json.loads(files.read(name))
        return sbom


def unpinned(constraints: str, installed: Collection[tuple[str, str]]) -> str:
    """Return which packages are not in a version of the constraints; empty if all are."""
    lines = (line for line in constraints.splitlines() if line and not line.startswith("#"))
    pins = {(canonicalize_name(pin.name), str(pin.specifier)) for pin in map(Requirement, lines)}
    strangers = [
        f"{name} {version}"
        for name, version in _libraries(installed)
        if (name, f"=={version}") not in pins
    ]
    return f"not in constraints.txt: {', '.join(sorted(strangers))}" if strangers else ""


def compare(
    sbom: dict[str, Any], installed: Collection[tuple[str, str]], python: str, *, extras: bool
) -> str:
    """Return how the packages that are installed differ from the SBOM; empty if they do not.

    ``python`` is the whole version of the Python, such as 3.12.1.
    """
    machine = {"python_version": python.rpartition(".")[0], "python_full_version": python}
    named = {
        (component["name"], component["version"])
        for component in sbom["components"]
        if (extras or component["scope"] == "required") and _applies(component, machine)
    }
    found = _libraries(installed)
    if named == found:
        return ""
    lacking, more = (
        ", ".join(f"{name} {version}" for name, version in sorted(some)) or "none"
        for some in (named - found, found - named)
    )
    return f"the SBOM names packages that are not installed ({lacking}), or lacks some ({more})"


def _libraries(installed: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    found = {(canonicalize_name(name), version) for name, version in installed}
    return {(name, version) for name, version in found if name not in _OTHERS}


def _applies(component: dict[str, Any], machine: dict[str, str]) -> bool:
    markers = [
        one["value"]
        for one in component.get("properties", ())
        if one["name"] == "groundswell:marker"
    ]
    return all(Marker(marker).evaluate(machine) for marker in markers)
