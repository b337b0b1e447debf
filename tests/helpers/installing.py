"""Installs the sets of a checkout by its Makefile, as on a machine that nobody prepared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from helpers.package_index import make_wheel
from helpers.release import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BACKEND = """\
import shutil

def build_editable(folder, config_settings=None, metadata_directory=None):
    return shutil.copy("groundswell-0.1.0-py3-none-any.whl", folder).rpartition("/")[2]
"""
PROJECT = """\
[project]
name = "groundswell"
version = "0.1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def make_small_checkout(folder: Path, locks: dict[str, str]) -> Path:
    """Write a checkout with our Makefile and our script, and with locks of its own by set."""
    for name in ("Makefile", ".ci/checkout/install.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    make_wheel(folder, "groundswell", "0.1.0")
    (folder / "backend.py").write_text(BACKEND)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "requirements.lock").write_text(locks["runtime"])
    (folder / ".ci/locks").mkdir()
    for name in ("release", "test", "lint"):
        (folder / f".ci/locks/{name}.lock").write_text(locks.get(name, ""))
    return folder


def make(
    checkout: Path, target: str, index: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a target with an empty HOME, and with an index as all that is set for pip."""
    home = checkout.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index,
        "PIP_RETRIES": "1",
        "PYTHON": os.path.realpath(sys.executable),
    }
    return subprocess.run(
        ["make", target],  # noqa: S607 - of the system, wherever it is
        cwd=checkout,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def installed(checkout: Path) -> dict[str, str]:
    """Return the version of each package in the environment of a checkout, but for pip's own."""
    folders = [str(folder) for folder in checkout.glob(".venv/lib/python3.*/site-packages")]
    found = {
        canonicalize_name(one.metadata["Name"]): one.version
        for one in metadata.distributions(path=folders)
    }
    return {name: found[name] for name in found.keys() - {"pip", "setuptools"}}
